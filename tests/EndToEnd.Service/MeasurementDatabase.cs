using System.Globalization;

namespace EndToEnd.Service;

/// <summary>Measurements in InfluxDB 1.x.</summary>
internal sealed class MeasurementDatabase(Uri address) : IDisposable
{
    private const string Name = "measurements";

    private readonly HttpClient _http = new() { BaseAddress = address };

    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        using var query = new FormUrlEncodedContent([KeyValuePair.Create("q", $"CREATE DATABASE \"{Name}\"")]);
        using var response = await _http.PostAsync(new Uri("query", UriKind.Relative), query, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    public async Task WriteAsync(string measurement, double value, CancellationToken cancellationToken)
    {
        using var line = new StringContent(string.Create(CultureInfo.InvariantCulture, $"{measurement} value={value}"));
        using var response = await _http.PostAsync(
            new Uri($"write?db={Name}", UriKind.Relative),
            line,
            cancellationToken
        );
        response.EnsureSuccessStatusCode();
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The answer of InfluxDB as it is.</summary>
    public Task<string> ReadAsync(string measurement, CancellationToken cancellationToken) =>
        _http.GetStringAsync(
            new Uri(
                $"query?db={Name}&q={Uri.EscapeDataString($"SELECT value FROM \"{measurement}\"")}",
                UriKind.Relative
            ),
            cancellationToken
        );
}
