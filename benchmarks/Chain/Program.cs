using System.Diagnostics;
using System.Globalization;
using System.Text;
using Pipelines.Queries;
using Pipelines.Sessions;

// Without an argument it does nothing: what a .NET program costs by itself.
if (args is not ["chain"])
{
    return;
}

await using var session = await Session.OpenAsync();
for (var run = 0; run < 12; run++)
{
    var clock = Stopwatch.StartNew();
    var chain = session.Client.Container();
    for (var i = 0; i < 1000; i++)
    {
        chain = chain.WithEnvVariable("NAME", "value");
    }

    var text = new StringBuilder();
    QueryText.Write(text, chain.Query, null, "{id}", _ => "");
    var built = clock.Elapsed.TotalMilliseconds;
    var before = session.Requests;
    await chain.EnvVariableAsync("NAME");
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{built} {session.Requests - before}"));
}
