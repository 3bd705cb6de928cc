namespace Pipelines.Sessions;

/// <summary>Which engines this SDK speaks to.</summary>
internal static class EngineVersion
{
    /// <summary>The first with one scalar for all ids.</summary>
    public static readonly Version First = new(0, 21, 1);

    /// <summary>The first whose protocol may be another one.</summary>
    public static readonly Version Beyond = new(2, 0, 0);

    /// <summary>Refuses an engine that is too old; tells once of one that is newer than what is known.</summary>
    /// <param name="text">The version as the engine says it; development builds may say anything.</param>
    /// <param name="log">Is told of a newer one.</param>
    /// <exception cref="PipelineException">The engine is too old.</exception>
    public static void Check(string text, Action<string> log)
    {
        if (!Version.TryParse(text.TrimStart('v').Split('-', '+')[0], out var version))
        {
            return;
        }

        if (version < First)
        {
            throw new PipelineException(
                $"The Dagger engine is {text}; this SDK needs v{First} or newer.",
                "Update the program dagger and its engine."
            );
        }

        if (version >= Beyond)
        {
            log(
                $"The Dagger engine is {text}, newer than this SDK knows (below v{Beyond}): some fields may have changed."
            );
        }
    }
}
