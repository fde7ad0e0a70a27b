options.Scope.Add("offline_access");
options.Scope.Add("orders.read");
options.SaveTokens = true;
