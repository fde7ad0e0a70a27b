var token = File.ReadAllText("token.txt").Trim();
if (!Regex.IsMatch(token, @"\A[A-Za-z0-9._~+/-]+=*\z"))
{
    throw new InvalidOperationException("token.txt holds no token");
}
