namespace Greetings;

/// <summary>How a greeting sounds.</summary>
public enum Tone
{
    /// <summary>As among friends.</summary>
    Friendly,

    /// <summary>In capitals.</summary>
    VeryLoud,
}
