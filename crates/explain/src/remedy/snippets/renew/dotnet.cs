private readonly SemaphoreSlim gate = new(1, 1);
private (string Value, DateTimeOffset Ends) held;

public async Task<string> TokenAsync(CancellationToken stop)
{
    await gate.WaitAsync(stop);
    try
    {
        if (held.Ends <= DateTimeOffset.UtcNow.AddSeconds(60))
        {
            var (token, seconds) = await RequestTokenAsync(stop);
            held = (token, DateTimeOffset.UtcNow.AddSeconds(seconds));
        }
        return held.Value;
    }
    finally { gate.Release(); }
}
