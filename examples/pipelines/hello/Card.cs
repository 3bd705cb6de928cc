namespace Greetings;

/// <summary>A card with a greeting.</summary>
/// <param name="Name">Who gets it.</param>
/// <param name="Text">What is on it.</param>
[DaggerObject]
public sealed record Card(string Name, string Text)
{
    /// <summary>The card as a file.</summary>
    /// <param name="dagger">The engine.</param>
    [DaggerFunction]
    public File AsFile(DaggerClient dagger) => dagger.File($"{Name}.txt", Text);
}
