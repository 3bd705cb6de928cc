using System.Globalization;
using System.Text;
using EndToEnd.Service;

// What the manifests set; a service that names no database just answers.
string version = Environment.GetEnvironmentVariable("SERVICE_VERSION") ?? "unknown";
bool isBroken = Environment.GetEnvironmentVariable("BROKEN") == "true";
string? influx = Environment.GetEnvironmentVariable("INFLUXDB_URL");

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.UseUrls("http://0.0.0.0:8080");
if (influx is not null)
{
    builder.Services.AddSingleton(new MeasurementDatabase(new Uri(influx)));
    builder.Services.AddSingleton<MeasurementQueue>();
    builder.Services.AddHostedService(p => p.GetRequiredService<MeasurementQueue>());
}

var app = builder.Build();
app.MapGet("/", () => $"hello from {version}\n");
app.MapGet(
    "/healthz",
    () =>
        isBroken ? Results.Text("broken on purpose\n", statusCode: 503)
        : app.Services.GetService<MeasurementQueue>() is { IsReady: false }
            ? Results.Text("no queue\n", statusCode: 503)
        : Results.Text("ok\n")
);
if (influx is not null)
{
    app.MapPost(
        "/measurements/{name}",
        async (string name, HttpRequest request, MeasurementQueue queue, CancellationToken token) =>
        {
            using var reader = new StreamReader(request.Body, Encoding.UTF8);
            var value = double.Parse(await reader.ReadToEndAsync(token), CultureInfo.InvariantCulture);
            await queue.PublishAsync(name, value, token);
            return Results.Accepted();
        }
    );
    app.MapGet(
        "/measurements/{name}",
        (string name, MeasurementDatabase database, CancellationToken token) => database.ReadAsync(name, token)
    );
}

await app.RunAsync();
