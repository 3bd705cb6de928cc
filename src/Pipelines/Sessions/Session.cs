using System.Globalization;
using Pipelines.Api;
using Pipelines.Queries;

namespace Pipelines.Sessions;

/// <summary>A session with a Dagger engine: the one this program was started in, or one of its own.</summary>
public sealed class Session : IAsyncDisposable
{
    private readonly SessionProcess? _process;
    private readonly QueryTransport _transport;

    private Session(QueryTransport transport, SessionProcess? process)
    {
        _transport = transport;
        _process = process;
        Client = new DaggerClient(Query.Root(transport));
    }

    /// <summary>The engine's API in this session.</summary>
    public DaggerClient Client { get; }

    internal SecretTexts Secrets => _transport.Secrets;

    internal int Requests => _transport.Requests;

    /// <summary>Opens the session that the environment names, or starts one with the program <c>dagger</c>.</summary>
    /// <param name="options">How; <see langword="null"/> for the usual way.</param>
    /// <param name="cancellationToken">Stops waiting; a program that was started is ended.</param>
    /// <exception cref="PipelineException">There is neither, it does not answer, or its engine is too old.</exception>
    public static async Task<Session> OpenAsync(
        SessionOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        options ??= new SessionOptions();
        var session = TryJoin(options) ?? await StartAsync(options, cancellationToken);
        try
        {
            EngineVersion.Check(await session.Client.VersionAsync(cancellationToken), options.Log);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>The session that the environment names, without a word to it yet.</summary>
    /// <exception cref="PipelineException">The variables are not of a session.</exception>
    internal static Session? TryJoin(SessionOptions options)
    {
        var port = options.Environment("DAGGER_SESSION_PORT");
        var token = options.Environment("DAGGER_SESSION_TOKEN");
        if (string.IsNullOrEmpty(port) && string.IsNullOrEmpty(token))
        {
            return null;
        }

        if (
            string.IsNullOrEmpty(token)
            || !int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number is < 1 or > 65535
        )
        {
            throw new PipelineException(
                "DAGGER_SESSION_PORT and DAGGER_SESSION_TOKEN do not name a session: the one is a port, the other must not be empty.",
                "Set both, as 'dagger run' does, or neither."
            );
        }

        return Join(number, token, null, options);
    }

    private static async Task<Session> StartAsync(SessionOptions options, CancellationToken cancellationToken)
    {
        var process = await SessionProcess.StartAsync(options, cancellationToken);
        return Join(process.Port, process.Token, process, options);
    }

    private static Session Join(int port, string token, SessionProcess? process, SessionOptions options)
    {
        var transport = new QueryTransport(port, token, options.RequestTimeout, options.Time);
        transport.Secrets.Add(token);
        return new Session(transport, process);
    }

    /// <summary>Ends the session if this program started it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }
}
