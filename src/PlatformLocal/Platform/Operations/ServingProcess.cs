using System.Diagnostics;
using System.Net.Sockets;
using PlatformLocal.Kubernetes.Files;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Platform.Operations;

/// <summary>The process that serves a platform in the background: finds, starts and ends it.</summary>
/// <param name="state">The platform's state folder.</param>
/// <param name="serve">How it is started.</param>
/// <param name="time">The clock for waits.</param>
internal sealed class ServingProcess(StateFolder state, ServeCommand serve, TimeProvider time)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How much may be allocated between two collections of young objects, bytes in hexadecimal. By itself the runtime
    /// takes the size of the processor's cache for it, which servers have hundreds of MiB of: a platform that has little
    /// to do would keep garbage. Settings of programs do not reach it, only the environment does.
    /// </summary>
    private static readonly (string Name, string Value) YoungGeneration = ("DOTNET_GCgen0size", "180000");

    /// <summary>Whether there is one: it then holds the lock.</summary>
    public bool IsThere => FolderLock.IsHeld(state.Lock);

    /// <summary>Its number; <see langword="null"/> when there is none, or nobody says.</summary>
    public int? Id => IsThere ? FolderLock.HolderOf(state.Lock)?.ProcessId : null;

    /// <summary>Whether there is one, and where it is reached is not known.</summary>
    public bool IsLost => IsThere && FindEndpoint() is null;

    /// <summary>Whether it is so new that it may not have had the time yet to say where it is reached.</summary>
    public bool IsStarting =>
        IsLost
        && DateTimeOffset.TryParse(
            FolderLock.HolderOf(state.Lock)?.Since,
            CultureInfo.InvariantCulture,
            out DateTimeOffset since
        )
        && time.GetUtcNow() - since < StartTimeout;

    /// <summary>A client of it; <see langword="null"/> when there is none or it is lost.</summary>
    public PlatformApiClient? Connect() =>
        FindEndpoint() is not { } endpoint || !IsThere ? null
        : FindSocket() is { } socket ? new PlatformApiClient(endpoint.Address, socket, time)
        : state.ReadToken() is { } token
            ? new PlatformApiClient(endpoint.Address, token, time)
            {
                OtherVersion = OtherVersionThan(
                    endpoint,
                    "Use that version. Or end the platform (its state stays) and start it with this one:\n"
                        + $"{ShellCommand.Platformctl("destroy-local-platform", "--keep-state")}\n"
                        + ShellCommand.Platformctl("create-local-platform")
                ),
            }
        : null;

    // Where nobody listens at it any more, or somebody put something else in its place, the address is left.
    private UnixDomainSocketEndPoint? FindSocket()
    {
        if (!File.Exists(state.Socket))
        {
            return null;
        }

        try
        {
            var socket = new UnixDomainSocketEndPoint(state.Socket);
            using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            probe.Blocking = false;
            probe.Connect(socket);
            return socket;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
        {
            return new UnixDomainSocketEndPoint(state.Socket); // others wait there already
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>A client of it, when it answers: its address may still be that of a process that was killed.</summary>
    /// <exception cref="PlatformException">It is of another version.</exception>
    public async Task<PlatformApiClient?> FindAnsweringAsync(CancellationToken cancellationToken)
    {
        var client = Connect();
        if (client is null || await client.IsAnsweringAsync(cancellationToken))
        {
            return client;
        }

        client.Dispose();
        return null;
    }

    /// <summary>What is told of one that does not understand this program.</summary>
    public PlatformException OtherVersionThan(EndpointDocument endpoint, string nextStep) =>
        new(
            FailureKind.Conflict,
            $"The platform '{state.Platform}' is served by version {endpoint.Version}, which version {serve.Version}, "
                + "this program, does not understand.",
            nextStep
        );

    /// <summary>Starts one and waits until it answers.</summary>
    /// <exception cref="PlatformException">It ends before it is ready, or is not ready in time.</exception>
    public async Task<PlatformApiClient> StartAsync(CancellationToken cancellationToken)
    {
        // The log goes on from start to start: of a failure only what this one wrote is told.
        var told = PrivateFile.Exists(state.Log) ? new FileInfo(state.Log).Length : 0;
        using var process = Launch();
        PlatformApiClient? started = null;
        var poll = new Poll("the platform's process", LookInterval, StartTimeout, time)
        {
            Failure = _ => new PlatformException(
                FailureKind.NotReadyInTime,
                $"The platform was not ready within {StartTimeout.TotalSeconds:0} s.{LogLinesFrom(told)}",
                $"Its whole log is {state.Log}."
            ),
        };
        await poll.UntilAsync(
            async token =>
            {
                started = await FindAnsweringAsync(token);
                return started is not null ? null
                    : process.HasExited && !IsThere
                        ? throw new PlatformException(
                            $"The platform's process ended with exit code {process.ExitCode} before it was ready.{LogLinesFrom(told)}",
                            $"Its whole log is {state.Log}; check the machine with: {ShellCommand.Platformctl("doctor")}"
                        )
                    : "it does not answer";
            },
            cancellationToken
        );
        return started!;
    }

    /// <summary>Ends the process; what it keeps stays.</summary>
    /// <exception cref="PlatformException">It does not end in time.</exception>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var pid = Id; // while the lock is free, a number may be anybody's by now
        if (!await AskToStopAsync(cancellationToken) && pid is { } lost && IsAlive(lost))
        {
            // What it stores outlives its end at any point.
            using var process = Process.GetProcessById(lost);
            process.Kill();
        }

        var poll = new Poll($"the end of the process {pid}", LookInterval, StopTimeout, time)
        {
            Failure = _ => new PlatformException(
                $"The platform's process {pid} did not end within {StopTimeout.TotalSeconds:0} s.",
                $"End it by hand: kill {pid}"
            ),
        };
        await poll.UntilAsync(
            _ => Task.FromResult(IsThere || (pid is { } id && IsAlive(id)) ? "it is still there" : null),
            cancellationToken
        );
    }

    /// <summary>Asks the serving process to end.</summary>
    /// <returns>Whether it heard that: where it answers may be lost, or it is of another version.</returns>
    private async Task<bool> AskToStopAsync(CancellationToken cancellationToken)
    {
        using var client = Connect();
        try
        {
            await (client?.StopAsync(cancellationToken) ?? Task.CompletedTask);
            return client is not null;
        }
        catch (PlatformException e) when (e == client?.OtherVersion)
        {
            return false;
        }
    }

    private static bool IsAlive(int pid)
    {
        try
        {
            // A process that ended stays listed until whoever adopted it asks for its exit code.
            var status = $"/proc/{pid}/stat";
            if (File.Exists(status) && File.ReadAllText(status).Split(") ")[^1].StartsWith('Z'))
            {
                return false;
            }

            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (Exception e) when (e is ArgumentException or IOException)
        {
            return false;
        }
    }

    private Process Launch()
    {
        string[] command = ["serve", "--name", state.Platform, "--state", state.Root, "--background"];
        var start = new ProcessStartInfo(serve.Program, serve.Arguments.Concat(command))
        {
            // It must not hold this process's terminal or pipes: it replaces these with its log.
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = state.Folder,
        };
        start.Environment.TryAdd(YoungGeneration.Name, YoungGeneration.Value);
        return Process.Start(start)
            ?? throw new PlatformException($"The program {serve.Program} could not be started.");
    }

    private string LogLinesFrom(long start)
    {
        if (!File.Exists(state.Log))
        {
            return "";
        }

        using var log = new FileStream(state.Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        log.Position = Math.Min(start, log.Length);
        using var reader = new StreamReader(log);
        var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(8).ToList();
        return lines.Count == 0 ? "" : "\nIts last lines:\n  " + string.Join("\n  ", lines);
    }

    // What another process than the one that serves has written says nothing.
    private EndpointDocument? FindEndpoint() =>
        state.ReadEndpoint() is { } endpoint && (Id ?? endpoint.ProcessId) == endpoint.ProcessId ? endpoint : null;
}
