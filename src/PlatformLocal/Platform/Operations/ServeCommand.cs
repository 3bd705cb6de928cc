namespace PlatformLocal.Platform.Operations;

/// <summary>How the program that serves a platform is started.</summary>
/// <param name="Program">The program.</param>
/// <param name="Version">The program's version.</param>
/// <param name="Arguments">Its arguments before those of <c>serve</c>: the assembly when the program is <c>dotnet</c>.</param>
public sealed record ServeCommand(string Program, string Version, IReadOnlyList<string> Arguments);
