builder.WebHost.ConfigureKestrel(options =>
    options.Limits.MaxRequestHeadersTotalSize = 64 * 1024);
