options.Authority = "https://id.example";
options.Audience = "https://api.example";
options.RefreshInterval = TimeSpan.FromMinutes(1);
options.AutomaticRefreshInterval = TimeSpan.FromHours(1);
