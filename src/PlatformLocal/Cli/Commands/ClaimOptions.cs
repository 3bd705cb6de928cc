using System.CommandLine.Parsing;
using PlatformLocal.Core.Documents;
using PlatformLocal.Core.Environments;
using PlatformLocal.Kubernetes.Files;

namespace PlatformLocal.Cli.Commands;

/// <summary>The options of the commands that take a claim.</summary>
internal sealed class ClaimOptions
{
    private const int FilesLookedInto = 50;

    private readonly Option<string?> _payload = new("--payload")
    {
        Description = "A claim, or a part of one that is merged over its type's defaults, as JSON.",
        HelpName = "JSON",
    };

    private readonly Option<string?> _file = new("--file", "-f")
    {
        Description = "The same in a file; - for standard input.",
        HelpName = "PATH",
    };

    private readonly Option<bool> _onlySpecified = new("--deploy-only-specified")
    {
        Description = "Deploy only the services that are named, and what they depend on: not the type's own.",
    };

    private readonly Option<bool> _devTags = new("--use-dev-tags")
    {
        Description = "Prefer development builds over releases.",
    };

    private readonly Option<string[]> _upgrade = new("--upgrade")
    {
        Description =
            "Make these services as new as the claim lets them, all without a name; otherwise versions stay as they are "
            + "wherever they can.",
        Arity = ArgumentArity.ZeroOrMore,
        AllowMultipleArgumentsPerToken = true,
        HelpName = "SERVICE",
    };

    private readonly Option<bool> _locked = new("--locked")
    {
        Description = "Fail when anything would differ from what was deployed before: a version, a manifest, an image.",
    };

    private readonly Option<string?> _lock = new("--lock")
    {
        Description =
            "A lock to be held to in place of the environment's own: NAME.lock.json of a bucket, or what plan-environment "
            + "writes as JSON. Fails as --locked does when anything would differ.",
        HelpName = "PATH",
    };

    private readonly Option<bool> _offline = new("--offline")
    {
        Description = "Use only versions that were fetched before from registries and git repositories.",
    };

    private readonly Option<string?> _isolation = new Option<string?>("--isolation")
    {
        Description =
            "A namespace of the platform's cluster or a cluster of its own, instead of what the type says; "
            + "clusters of their own need a platform on kind.",
    }.AcceptOnlyFromAmong("namespace", "cluster");

    private readonly Option<string?> _delivery = new Option<string?>("--delivery")
    {
        Description =
            "Who delivers the environment, instead of what the platform or its workspace says: the platform itself, or Flux.",
    }.AcceptOnlyFromAmong(DeliveryKinds.Names);

    private readonly Argument<string?> _name;

    private readonly Option<int?> _rollback = new("--rollback")
    {
        Description =
            "Put the environment NAME back to what its history has under this number: claim, versions and manifests. "
            + "It stays there until its claim is changed or upgraded.",
        HelpName = "NUMBER",
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, out var number) && number > 0)
            {
                return number;
            }

            result.AddError($"'{result.Tokens[0].Value}' is no number of a history: get-environment shows them.");
            return null;
        },
    };

    public ClaimOptions(SharedOptions shared)
    {
        _name = new Argument<string?>("NAME")
        {
            Description = "The environment, with --rollback; otherwise the claim names it.",
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "NAME",
        };
        _name.CompletionSources.Add(_ => CommandBase.KnownEnvironments(shared));
    }

    public IReadOnlyList<Symbol> Parameters =>
        [
            _name,
            _payload,
            _file,
            _onlySpecified,
            _devTags,
            _isolation,
            _delivery,
            _upgrade,
            _rollback,
            _locked,
            _lock,
            _offline,
        ];

    /// <summary>Adds what is wrong with them together.</summary>
    public void Validate(CommandResult result)
    {
        ValidateChoice(result);
        foreach (var held in new Option[] { _locked, _lock })
        {
            if (result.GetResult(_upgrade) is not null && result.GetResult(held) is not null)
            {
                result.AddError($"--upgrade and {held.Name} exclude each other.");
            }
        }
    }

    private void ValidateChoice(CommandResult result)
    {
        var claims = new Option[] { _payload, _file }.Count(o => result.GetResult(o) is not null);
        var isNamed = result.GetValue(_name) is not null;
        if (result.GetResult(_rollback) is null)
        {
            if (claims != 1)
            {
                result.AddError("Give the claim with either --payload JSON or --file PATH.");
            }

            if (isNamed)
            {
                result.AddError("A claim names its environment itself: NAME goes with --rollback only.");
            }

            return;
        }

        Option[] others = [_payload, _file, _upgrade, _locked, _lock, _onlySpecified, _devTags, _isolation, _delivery];
        if (others.FirstOrDefault(o => result.GetResult(o) is { Implicit: false }) is { } other)
        {
            result.AddError($"--rollback puts a claim back as it was: leave {other.Name} out.");
        }

        if (!isNamed)
        {
            result.AddError("Say which environment: NAME --rollback NUMBER.");
        }
    }

    /// <summary>What is asked for with a claim.</summary>
    public DeployRequest RequestOf(Invocation call, JsonObject claim) =>
        new()
        {
            Claim = claim,
            DeployOnlySpecified = call.Get(_onlySpecified),
            UseDevTags = call.Get(_devTags),
            Upgrade =
                call.Parsed.GetResult(_upgrade) is null ? []
                : call.Get(_upgrade) is { Length: > 0 } named ? named
                : ["*"],
            Locked = call.Get(_locked),
            Lock = call.Get(_lock) is { } file ? ReadLock(file) : null,
            Offline = call.Get(_offline),
            Rollback = call.Get(_rollback) ?? 0,
        };

    /// <summary>The path that was given, unless it is standard input.</summary>
    public string? FileOf(Invocation call) => call.Get(_file) is { } file and not "-" ? file : null;

    public async Task<JsonObject> ReadAsync(Invocation call, CancellationToken cancellationToken)
    {
        var claim = await ReadGivenAsync(call, cancellationToken);
        if (call.Get(_isolation) is { } isolation)
        {
            claim["isolation"] = isolation;
        }

        if (call.Get(_delivery) is { } delivery)
        {
            claim["delivery"] = delivery;
        }

        return claim;
    }

    private static JsonObject ReadLock(string file)
    {
        try
        {
            var read = JsonText.ParseObject(File.ReadAllBytes(file), file);
            return read["lock"] as JsonObject ?? read; // a plan has its lock among other things
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(file, e);
        }
    }

    private static PlatformException Unreadable(string file, Exception fault) =>
        fault is FileNotFoundException or DirectoryNotFoundException
            ? new PlatformException(
                FailureKind.InvalidInput,
                $"There is no file {file}.",
                "Name one that is there: --file and --lock take paths from the current folder on.",
                fault
            )
            : new PlatformException(
                FailureKind.InvalidInput,
                $"{file} cannot be read: {fault.Message}",
                "See whether it may be read, and is a file.",
                fault
            );

    /// <summary>The first of a folder's files that is a claim: a few are looked into.</summary>
    private static string? FirstClaimIn(string folder)
    {
        try
        {
            return Directory
                .EnumerateFiles(folder, "*.json")
                .Order(StringComparer.Ordinal)
                .Take(FilesLookedInto)
                .FirstOrDefault(IsClaim);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        static bool IsClaim(string file)
        {
            try
            {
                var content = RegularFile.Read(file, JsonText.MaximumBytes);
                return JsonText.ParseObject(content, file).ContainsKey("environment_name");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDocumentException)
            {
                return false;
            }
        }
    }

    private async Task<JsonObject> ReadGivenAsync(Invocation call, CancellationToken cancellationToken)
    {
        if (call.Get(_name) is { } name)
        {
            return new JsonObject { ["environment_name"] = name };
        }

        if (call.Get(_payload) is { } payload)
        {
            return JsonText.ParseObject(payload, "--payload");
        }

        var file = call.Get(_file)!;
        if (Directory.Exists(file))
        {
            throw new PlatformException(
                FailureKind.InvalidInput,
                $"{file} is a folder, and --file takes the file of one claim.",
                FirstClaimIn(file) is { } claim
                    ? $"Name one in it, such as --file {ShellCommand.Quote(claim)}"
                    : "It has no claims. Name a JSON file with an environment_name and services."
            );
        }

        try
        {
            await using var stream = file == "-" ? Console.OpenStandardInput() : File.OpenRead(file);
            var content = new MemoryStream();
            await stream.CopyToAsync(content, cancellationToken);
            return JsonText.ParseObject(
                content.GetBuffer().AsSpan(0, (int)content.Length),
                file == "-" ? "Standard input" : file
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(file, e);
        }
    }
}
