var client = new HttpClient(new SocketsHttpHandler { Credentials = null });
