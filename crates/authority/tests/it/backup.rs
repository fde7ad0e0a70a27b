//! What a restored authority still knows: nobody who went on in the meantime is logged out.

use claviger_authority::{Authority, back_up, check_backup, restore};

use crate::app::{App, NOW};
use crate::people::{granted, refresh, stage, text};

#[tokio::test]
async fn a_restored_backup_refuses_no_refresh_token_given_out_after_it() {
    let app = stage().await;
    let first = text(&granted(&app).await, "refresh_token");
    let file = app.dir.path().join("one.backup");
    let mut pages = Vec::new();
    let mut progress = |done, all| pages.push((done, all));
    let data = app.config.data_dir.clone();
    let made = back_up(&data, None, &file, false, NOW, &mut progress).unwrap();
    assert_eq!((made.users, made.grants, made.made_at), (1, 1, Some(NOW)));
    assert!(pages.last().is_some_and(|(done, all)| done == all && *all > 0), "{pages:?}");

    // Life goes on: the token moves on three times, and only the last one is held.
    let mut held = first.clone();
    for _ in 0..3 {
        app.clock.advance(120);
        held = text(&refresh(&app, &held).await.is(200).json(), "refresh_token");
    }
    let App { authority, clock, config, dir, bootstrap, .. } = app;
    authority.close().await;

    let restored = dir.path().join("restored");
    // As `mkdir -m 700` makes it: a directory that others can read is refused.
    std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700)
        .create(&restored)
        .unwrap();
    std::fs::copy(data.join("master.key"), restored.join("master.key")).unwrap();
    assert_eq!(
        check_backup(&file, Some(&restored.join("master.key"))).unwrap().keys_open,
        Some(true)
    );
    restore(&file, &restored, None).unwrap();
    let config = claviger_authority::Config { data_dir: restored, ..config };
    let (authority, again) = Authority::open_at(config.clone(), clock.clone()).await.unwrap();
    assert!(again.is_none(), "a restored authority bootstraps nothing");
    let app = App { router: authority.router(), authority, bootstrap, clock, config, dir };

    let next = text(&refresh(&app, &held).await.is(200).json(), "refresh_token");
    app.clock.advance(120);
    let last = text(&refresh(&app, &next).await.is(200).json(), "refresh_token");
    // What was spent before the backup was made is still a sign of theft.
    app.clock.advance(120);
    refresh(&app, &first).await.is(400);
    refresh(&app, &last).await.is(400);
}
