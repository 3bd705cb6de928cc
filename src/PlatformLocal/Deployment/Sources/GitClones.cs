using PlatformLocal.Deployment.Registries;

namespace PlatformLocal.Deployment.Sources;

/// <summary>
/// Bare clones of git repositories, in a folder: only what their tags and their default branch point at, without history
/// and, where the server leaves them out, without large files.
/// </summary>
/// <param name="folder">The folder; is made with the first one.</param>
/// <param name="programs">Runs git.</param>
/// <param name="time">Tells how old a clone is.</param>
internal sealed class GitClones(string folder, ProgramRunner programs, TimeProvider time) : IDisposable
{
    /// <summary>The default branch in a clone.</summary>
    public const string Default = "refs/heads/default";

    private static readonly TimeSpan s_fetchLimit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_readLimit = TimeSpan.FromMinutes(2);

    // One server that is slow must not hold up what another one has all of: whoever has an older copy goes on with that.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    // Nobody is there to type a password, and an address must not name a program.
    public static IReadOnlyDictionary<string, string?> Environment { get; } =
        new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["GIT_TERMINAL_PROMPT"] = "0",
            ["GIT_ALLOW_PROTOCOL"] = "file:git:http:https:ssh",
            ["LC_ALL"] = "C.UTF-8",
        };

    private readonly ConcurrentDictionary<string, Lazy<Task>> _fetches = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();

    /// <summary>The clone of a repository, fetched anew when it is old.</summary>
    /// <param name="repository">The repository's address, or an absolute path.</param>
    /// <param name="use">How old it may be.</param>
    /// <param name="cancellationToken">Stops waiting; a fetch goes on, for whoever asks next.</param>
    /// <returns>The clone's folder, and when it is old a sentence that says so.</returns>
    /// <exception cref="PlatformException">The repository cannot be fetched and never was.</exception>
    public async Task<(string Clone, string? Warning)> GetAsync(
        string repository,
        SourceUse use,
        CancellationToken cancellationToken
    )
    {
        var clone = Path.Combine(
            folder,
            Digest.Of(Encoding.UTF8.GetBytes(repository))["sha256:".Length..][..32] + ".git"
        );
        var fetched = FetchedAt(clone);
        if (fetched is not null && (use.Offline || time.GetUtcNow() - fetched < use.Freshness))
        {
            return (clone, null);
        }

        if (use.Offline)
        {
            throw new PlatformException(
                FailureKind.NotFound,
                $"The git repository {repository} was never fetched, and nothing is fetched with --offline.",
                "Run it once without --offline."
            );
        }

        try
        {
            // A large repository takes longer than whoever asks first may be willing to wait.
            var fetch = _fetches.GetOrAdd(clone, _ => new Lazy<Task>(() => FetchAsync(repository, clone)));
            await fetch.Value.WaitAsync(
                fetched is null ? Timeout.InfiniteTimeSpan : s_patience,
                time,
                cancellationToken
            );
            return (clone, null);
        }
        catch (TimeoutException) when (fetched is not null)
        {
            return (
                clone,
                $"The git repository {repository} is still being fetched after {s_patience.TotalSeconds:0} s. What was fetched at {fetched:u} is used."
            );
        }
        catch (PlatformException e) when (fetched is not null)
        {
            return (clone, $"{e.Message} What was fetched at {fetched:u} is used.");
        }
    }

    /// <summary>The tags of a clone with the commits they stand for.</summary>
    public async Task<IReadOnlyDictionary<string, string>> TagsAsync(string clone, CancellationToken cancellationToken)
    {
        var listed = await RunAsync(
            clone,
            ["for-each-ref", "--format=%(refname:strip=2) %(objectname) %(*objectname)", "refs/tags"],
            null,
            cancellationToken
        );
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in listed.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // An annotated tag is an object of its own; the last one is what it stands for.
            var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            tags[parts[0]] = parts[^1];
        }

        return tags;
    }

    /// <summary>The names in a folder of a clone; none when there is no such folder.</summary>
    public async Task<IReadOnlyList<string>> ListAsync(string clone, string tree, CancellationToken cancellationToken)
    {
        var result = await RunAnyAsync(clone, ["ls-tree", "--name-only", "-z", tree], null, cancellationToken);
        return result.ExitCode == 0 ? result.Output.Split('\0', StringSplitOptions.RemoveEmptyEntries) : [];
    }

    /// <summary>The texts of files in a clone; what is not there is left out.</summary>
    /// <param name="clone">The clone.</param>
    /// <param name="files">The files, as <c>commit:path</c>.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="PlatformException">A file is no UTF-8 text, or git fails.</exception>
    public async Task<IReadOnlyDictionary<string, string>> ReadAsync(
        string clone,
        IReadOnlyList<string> files,
        CancellationToken cancellationToken
    )
    {
        var output = Encoding.UTF8.GetBytes(
            await RunAsync(clone, ["cat-file", "--batch"], string.Join('\n', files) + "\n", cancellationToken)
        );
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        var at = 0;
        foreach (var file in files)
        {
            var end = Array.IndexOf(output, (byte)'\n', at);
            var header = end < 0 ? "" : Encoding.UTF8.GetString(output, at, end - at);
            at = end + 1;
            if (header.EndsWith(" missing", StringComparison.Ordinal))
            {
                continue;
            }

            if (
                header.Split(' ') is not [_, var type, var length]
                || !int.TryParse(length, CultureInfo.InvariantCulture, out var size)
                || at + size >= output.Length
                || output[at + size] != '\n'
            )
            {
                throw new PlatformException($"{file} cannot be read from {clone}: it is no text in UTF-8.");
            }

            if (type == "blob")
            {
                texts[file] = Encoding.UTF8.GetString(output, at, size);
            }

            at += size + 1;
        }

        return texts;
    }

    /// <summary>Writes a folder of a clone to the disk, unless it is there: the same content is there once.</summary>
    /// <param name="clone">The clone.</param>
    /// <param name="tree">The folder, as <c>commit:path</c>.</param>
    /// <param name="contents">Where such folders are kept.</param>
    /// <param name="what">What it is, as a message begins.</param>
    /// <param name="cancellationToken">Stops writing.</param>
    /// <returns>The folder on the disk.</returns>
    /// <exception cref="PlatformException">It holds links, submodules or pointers of Git LFS, or is too large; or git fails.</exception>
    public async Task<string> WriteAsync(
        string clone,
        string tree,
        ContentFolders contents,
        string what,
        CancellationToken cancellationToken
    )
    {
        var id = (await RunAsync(clone, ["rev-parse", "--verify", tree], null, cancellationToken)).Trim();
        await RefuseSubmodulesAsync(clone, id, what, cancellationToken);
        return await contents.GetAsync(
            id,
            async target =>
            {
                var archive = target + ".tar";
                try
                {
                    await RunAsync(
                        clone,
                        ["archive", "--format=tar", $"--output={archive}", id],
                        null,
                        cancellationToken
                    );
                    await using var content = File.OpenRead(archive);
                    TarFolder.Unpack(content, target, what);
                    RefuseLargeFilePointers(target, what);
                }
                finally
                {
                    File.Delete(archive);
                }
            }
        );
    }

    // git writes an empty folder in place of a submodule: what the service needs of it would silently be missing.
    private async Task RefuseSubmodulesAsync(
        string clone,
        string tree,
        string what,
        CancellationToken cancellationToken
    )
    {
        const string commit = "160000 ";
        var listed = await RunAsync(clone, ["ls-tree", "-r", "-z", tree], null, cancellationToken);
        var submodules = listed
            .Split('\0')
            .Where(e => e.StartsWith(commit, StringComparison.Ordinal))
            .Select(e => e[(e.IndexOf('\t', StringComparison.Ordinal) + 1)..])
            .ToList();
        if (submodules.Count > 0)
        {
            throw new PlatformException(
                FailureKind.InvalidInput,
                $"{what}: {string.Join(", ", submodules)} {(submodules.Count == 1 ? "is a submodule" : "are submodules")}, and submodules are not followed.",
                "Commit its files to the repository itself, or move the submodule out of the service's folder."
            );
        }
    }

    // The file's content is on another server; here is only where.
    private static void RefuseLargeFilePointers(string folder, string what)
    {
        var beginning = "version https://git-lfs.github.com/spec/v1\n"u8;
        const int longest = 1024; // as the specification has it
        Span<byte> buffer = stackalloc byte[beginning.Length];
        var pointers = new List<string>();
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            using var content = File.OpenRead(file);
            if (content.Length < longest && content.ReadAtLeast(buffer, buffer.Length, false) == buffer.Length)
            {
                if (buffer.SequenceEqual(beginning))
                {
                    pointers.Add(Path.GetRelativePath(folder, file).Replace('\\', '/'));
                }
            }
        }

        if (pointers.Count > 0)
        {
            throw new PlatformException(
                FailureKind.InvalidInput,
                $"{what}: {string.Join(", ", pointers.Order(StringComparer.Ordinal))} {(pointers.Count == 1 ? "is a Git LFS pointer" : "are Git LFS pointers")}, and what they stand for is not fetched.",
                "Commit the file itself: git lfs migrate export --include=FILE, or take the path out of .gitattributes and add it again."
            );
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task FetchAsync(string repository, string clone)
    {
        try
        {
            if (FetchedAt(clone) is null)
            {
                PrivateFile.EnsureFolder(clone);
                await RunAsync(clone, ["init", "--quiet", "--bare"], null, _stop.Token);
                await RunAsync(clone, ["config", "remote.origin.url", repository], null, _stop.Token);
            }

            var result = await RunAnyAsync(
                clone,
                [
                    "fetch",
                    "--quiet",
                    "--depth=1",
                    "--filter=blob:limit=256k",
                    "--prune",
                    "--force",
                    "--no-tags",
                    "origin",
                    $"+HEAD:{Default}",
                    "+refs/tags/*:refs/tags/*",
                ],
                null,
                _stop.Token,
                s_fetchLimit
            );
            if (result.ExitCode != 0)
            {
                throw new PlatformException(
                    $"The git repository {repository} cannot be fetched: {WhyIn(result.Error)}",
                    "Is the address right, and may you read it? Try: git ls-remote " + repository
                );
            }

            await RunAsync(clone, ["pack-refs", "--all"], null, _stop.Token); // thousands of tags in one file
            PrivateFile.Replace(
                Path.Combine(clone, "fetched"),
                Encoding.UTF8.GetBytes(time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture))
            );
        }
        finally
        {
            _fetches.TryRemove(clone, out _);
        }
    }

    private static DateTimeOffset? FetchedAt(string clone)
    {
        var file = Path.Combine(clone, "fetched");
        return
            File.Exists(file)
            && DateTimeOffset.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var at)
            ? at
            : null;
    }

    private async Task<string> RunAsync(
        string clone,
        IReadOnlyList<string> arguments,
        string? input,
        CancellationToken cancellationToken
    )
    {
        var result = await RunAnyAsync(clone, arguments, input, cancellationToken);
        return result.ExitCode == 0
            ? result.Output
            : throw new PlatformException($"git {arguments[0]} failed in {clone}: {WhyIn(result.Error)}");
    }

    private Task<ProgramResult> RunAnyAsync(
        string clone,
        IReadOnlyList<string> arguments,
        string? input,
        CancellationToken cancellationToken,
        TimeSpan? limit = null
    ) =>
        programs.RunAnyAsync(
            new ProgramCommand
            {
                Program = "git",
                Arguments = ["-C", clone, .. arguments],
                Environment = Environment,
                StandardInput = input,
                Timeout = limit ?? s_readLimit,
            },
            cancellationToken
        );

    // The first line says what is wrong, those after it what might be done.
    private static string WhyIn(string error) =>
        error
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .FirstOrDefault(l =>
                l.StartsWith("fatal:", StringComparison.Ordinal) || l.StartsWith("error:", StringComparison.Ordinal)
            )
        ?? "git said nothing";
}
