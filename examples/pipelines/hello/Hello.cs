namespace Greetings;

/// <summary>Greets, in as many ways as a module's functions can be written.</summary>
/// <param name="greeting">The word before every name.</param>
[DaggerObject]
public sealed class Hello(string greeting = "Hello")
{
    /// <summary>The word before every name.</summary>
    public string Greeting { get; init; } = greeting;

    // Not public: kept between calls and seen by nobody.
    private int Exclamations { get; init; } = 1;

    /// <summary>A greeting.</summary>
    /// <param name="name">Who is greeted.</param>
    /// <param name="tone">How.</param>
    /// <param name="times">How often.</param>
    [DaggerFunction]
    public string Greet(string name, Tone tone = Tone.Friendly, int times = 1)
    {
        var one = $"{Greeting}, {name}{new string('!', Exclamations)}";
        return string.Join(' ', Enumerable.Repeat(tone == Tone.VeryLoud ? one.ToUpperInvariant() : one, times));
    }

    /// <summary>The same module, more excited.</summary>
    [DaggerFunction]
    public Hello Excited() => new(Greeting) { Exclamations = Exclamations + 1 };

    /// <summary>A greeting for each name.</summary>
    /// <param name="names">Who is greeted.</param>
    [DaggerFunction]
    public IReadOnlyList<Card> Cards(IReadOnlyList<string> names) => [.. names.Select(n => new Card(n, Greet(n)))];

    /// <summary>A greeting that a container says.</summary>
    /// <param name="dagger">The engine.</param>
    /// <param name="name">Who is greeted; everybody when left out.</param>
    [DaggerFunction]
    public Container Say(DaggerClient dagger, string? name = null) =>
        dagger.Container().From("docker.io/library/busybox:1.37").WithExec(["echo", Greet(name ?? "everybody")]);

    /// <summary>The number of lines in a directory's files.</summary>
    /// <param name="dagger">The engine.</param>
    /// <param name="source">The directory.</param>
    /// <param name="cancellationToken">Stops counting.</param>
    [DaggerFunction]
    public async Task<int> CountLinesAsync(
        DaggerClient dagger,
        [DefaultPath("."), Argument(Ignore = ["bin", "obj"])] Directory source,
        CancellationToken cancellationToken
    )
    {
        var said = await dagger
            .Container()
            .From("docker.io/library/busybox:1.37")
            .WithDirectory("/source", source)
            .WithWorkdir("/source")
            .WithExec(["sh", "-c", "find . -type f -exec cat {} + | wc -l"])
            .StdoutAsync(cancellationToken);
        return int.Parse(said.Trim());
    }

    /// <summary>How long a secret is; the secret itself is never shown.</summary>
    /// <param name="dagger">The engine.</param>
    /// <param name="secret">The secret.</param>
    /// <param name="cancellationToken">Stops measuring.</param>
    [DaggerFunction]
    public async Task<string> MeasureAsync(DaggerClient dagger, Secret secret, CancellationToken cancellationToken) =>
        await dagger
            .Container()
            .From("docker.io/library/busybox:1.37")
            .WithSecretVariable("SECRET", secret)
            .WithExec(["sh", "-c", "printf %s \"$SECRET\" | wc -c"])
            .StdoutAsync(cancellationToken);

    /// <summary>Fails when the greeting is empty.</summary>
    [DaggerFunction, Check]
    public void IsPolite()
    {
        if (string.IsNullOrWhiteSpace(Greeting))
        {
            throw new InvalidOperationException("The greeting is empty.");
        }
    }
}
