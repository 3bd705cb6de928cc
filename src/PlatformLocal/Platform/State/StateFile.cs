using System.Text.Json.Serialization.Metadata;
using PlatformLocal.Core.Documents;
using PlatformLocal.Kubernetes.Files;

namespace PlatformLocal.Platform.State;

/// <summary>Reads and writes the JSON files of state folders.</summary>
internal static class StateFile
{
    /// <summary>What a file holds, or <see langword="null"/> when there is none.</summary>
    /// <param name="file">The file.</param>
    /// <param name="type">What it holds.</param>
    /// <param name="nextStep">What to do when it cannot be read.</param>
    /// <exception cref="UnreadableStateException">It is there and cannot be read.</exception>
    /// <exception cref="FolderInPlaceException">There is a folder in its place.</exception>
    public static T? Read<T>(string file, JsonTypeInfo<T> type, string nextStep)
        where T : class
    {
        try
        {
            return ReadBytes(file, nextStep) is not { } content
                ? null
                : JsonSerializer.Deserialize(content, type) ?? throw new JsonException("it says nothing");
        }
        catch (JsonException e)
        {
            throw new UnreadableStateException(file, JsonText.FaultOf(e), nextStep, e);
        }
    }

    /// <summary>The bytes of a file, or <see langword="null"/> when there is none.</summary>
    /// <param name="file">The file.</param>
    /// <param name="nextStep">What to do when it cannot be read.</param>
    /// <exception cref="UnreadableStateException">It is there and cannot be read.</exception>
    /// <exception cref="FolderInPlaceException">There is a folder in its place.</exception>
    public static byte[]? ReadBytes(string file, string nextStep)
    {
        PrivateFile.RequireNoFolder(file);
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnreadableStateException(file, e.Message, nextStep, e);
        }
    }

    /// <summary>The same of a file that can be found or made again: a damaged one is renamed, with a warning.</summary>
    /// <param name="file">The file.</param>
    /// <param name="type">What it holds.</param>
    /// <param name="warn">Is told which file was set aside.</param>
    /// <exception cref="UnreadableStateException">It is there and may not be read.</exception>
    public static T? ReadOrSetAside<T>(string file, JsonTypeInfo<T> type, Action<string> warn)
        where T : class
    {
        try
        {
            return Read(file, type, "Make it readable, or remove it.");
        }
        catch (UnreadableStateException e) when (e.InnerException is JsonException)
        {
            var aside = file + ".unreadable";
            File.Move(file, aside, overwrite: true);
            warn($"{e.Message} It is set aside as {aside}.");
            return null;
        }
    }

    /// <summary>Writes a file whole or not at all, for its owner only.</summary>
    /// <param name="file">The file.</param>
    /// <param name="value">What it is to hold.</param>
    /// <param name="type">What that is.</param>
    public static void Write<T>(string file, T value, JsonTypeInfo<T> type) =>
        PrivateFile.Replace(file, JsonSerializer.SerializeToUtf8Bytes(value, type));
}
