//! OAuth as decisions: facts, request and now go in, a decision or a fault comes out.
//!
//! What a client may have, how it proves itself, what an API is told about a token, which key signs
//! when: each is a function over plain records. This crate never reads a clock, a file, the
//! environment or the network, knows no HTTP library and no database, and draws no randomness; the
//! caller brings the time and every id.
//!
//! ```
//! use claviger_protocol::{Form, OauthCode, grant_type};
//! let form = Form::parse(b"grant_type=password").unwrap();
//! assert_eq!(grant_type(&form).unwrap_err().error, OauthCode::UnsupportedGrantType);
//! ```

mod assertion;
pub mod assurance;
mod authorization;
mod cbor;
mod certificate;
mod claim_rule;
mod client;
mod client_auth;
mod client_credentials;
mod client_document;
mod client_openid;
mod code;
mod confirmation;
mod device;
mod error;
mod exchange;
mod form;
pub mod guessing;
mod introspection;
pub mod key;
mod logout;
pub mod metadata;
pub mod passkey;
mod published_keys;
mod pushed;
mod redirect;
mod refresh;
mod registration;
mod resource;
mod revocation;
mod scope;
mod secret;
mod sector_list;
mod sender;
mod status_list;
mod subject;
mod token_answer;
mod totp;
mod user;
mod user_info;

pub use assertion::{Accepted, assertion_replayed, verify_assertion};
pub use assurance::{Factors, Proof};
pub use authorization::{
    AuthorizationRequest, IDENTITY_SCOPES, Prompt, ResponseMode, acr_values, answer_to, asked_for,
    authorization_request, still_granted,
};
pub use certificate::{CertificateName, PresentedCertificate, verify_certificate};
pub use claim_rule::{ClaimPlace, ClaimRule, ClaimSource, custom_claims};
pub use client::{AuthMethod, Client, GrantType, check_client_id};
pub use client_auth::{Check, Presented, Unproven, admit, authenticate, not_authenticated};
pub use client_credentials::{
    ACCESS_TOKEN_TYPE, AccessClaims, Ask, Facts, Grant, check_grant, check_granted_resource,
    decide, grant_type, life, wanted_resource,
};
pub use client_document::{
    asks_each_time, check_document_id, document_client, is_document_id, publisher,
};
pub use code::{CODE_TTL, CodeGrant, Redeeming, Redemption, code_unknown, is_verifier, redeem};
pub use confirmation::{Confirmation, token_type};
pub use device::{
    DEVICE_CODE_TTL, DEVICE_GRANT, DeviceDecision, DeviceGrant, POLL_INTERVAL, Polled,
    USER_CODE_LENGTH, USER_CODE_LETTERS, device_code_unknown, poll, shown_user_code, user_code_key,
};
pub use error::{Invalid, OauthCode, OauthFault};
pub use exchange::{
    EXCHANGE_GRANT, Exchange, ExchangeFacts, ISSUED_TOKEN_TYPE, exchange, exchange_target,
    exchange_token_refused,
};
pub use form::Form;
pub use introspection::introspect;
pub use key::{KeyRecord, KeySettings, KeyState, KeyStep, WithdrawError, plan, rotate, withdraw};
pub use logout::{
    Hint, LOGOUT_TOKEN_TYPE, LogOut, LogoutClaims, log_out, logging_out, next_attempt,
};
pub use passkey::{Passkey, PasskeyKey};
pub use published_keys::published_keys;
pub use pushed::{
    OPENED_TTL, Opening, PUSHED_TTL, PushedRequest, REQUEST_URI, check_pushed, open_pushed,
    pushed_form, pushed_unknown,
};
pub use refresh::{Family, FamilyEnd, REPLAY_WINDOW, Refresh, Used, Window, refresh};
pub use registration::{
    ClientMetadata, InitialAccess, Registered, Terms, information, registration_unproven,
};
pub use resource::{Resource, check_issuer, check_resource_uri};
pub use revocation::{KEPT_BEYOND_EXP, RevokeOutcome, revoke};
pub use scope::{check_scope, scope_list};
pub use secret::Secret;
pub use sector_list::{check_listed, sector_list};
pub use sender::{check_sender, nonce_wanted, proof_refused, refresh_bond};
pub use status_list::{
    INVALID, LIST_SIZE, NoStatusList, PackedStatusList, STATUS_LIST_TYPE, Status, StatusList,
    StatusListClaims, StatusReference, VALID,
};
pub use subject::{SubjectType, sector};
pub use token_answer::TokenAnswer;
pub use totp::{TOTP_SECRET, TOTP_STEP, base32, otpauth, totp_code, totp_step};
pub use user::{Address, LONGEST_PASSWORD, SHORTEST_PASSWORD, User, check_password, username_key};
pub use user_info::{STANDARD_CLAIMS, standard_claims};
