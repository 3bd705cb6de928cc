using System.Net;
using Polly;
using Polly.Retry;

namespace PlatformLocal.Kubernetes.Transport;

/// <summary>Says which failures go away by trying again, and when trying again is safe.</summary>
/// <remarks>
/// 429, and 503 with <c>Retry-After</c>, mean that the server did not begin: anything may be repeated. Other 5xx and
/// broken connections leave open what happened: only requests that may be repeated are. A server that was never
/// reached is not tried again, so that a wrong address is told at once.
/// </remarks>
public static class RetryRules
{
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromSeconds(10);

    internal static ResiliencePipeline<HttpResponseMessage> Build(
        KubernetesClientOptions options,
        bool isRepeatable,
        Func<bool> wasReached
    ) =>
        Build(
            options.Retries,
            options.RetryDelay,
            options.LongestRetryAfter,
            options.TimeProvider,
            (outcome, after) => ShouldRetry(outcome, after, isRepeatable, wasReached())
        );

    /// <summary>Tries again after pauses that grow up to 10 seconds, or that the server asks for.</summary>
    /// <param name="retries">How often; 0 for never.</param>
    /// <param name="delay">The first pause; it doubles each time, and varies at random.</param>
    /// <param name="longestRetryAfter">The longest pause a server may ask for: when it asks for more, its answer stands.</param>
    /// <param name="time">The clock of pauses.</param>
    /// <param name="shouldRetry">Judges an outcome and the pause that the server asks for with it, if any.</param>
    public static ResiliencePipeline<HttpResponseMessage> Build(
        int retries,
        TimeSpan delay,
        TimeSpan longestRetryAfter,
        TimeProvider time,
        Func<Outcome<HttpResponseMessage>, TimeSpan?, bool> shouldRetry
    )
    {
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time };
        if (retries > 0)
        {
            builder.AddRetry(
                new RetryStrategyOptions<HttpResponseMessage>
                {
                    MaxRetryAttempts = retries,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Delay = delay,
                    MaxDelay = s_longestDelay,
                    ShouldHandle = args =>
                    {
                        TimeSpan? after = RetryAfter(args.Outcome.Result, time);
                        return new(!(after > longestRetryAfter) && shouldRetry(args.Outcome, after));
                    },
                    DelayGenerator = args => new(RetryAfter(args.Outcome.Result, time)),
                }
            );
        }
        return builder.Build();
    }

    private static bool ShouldRetry(
        Outcome<HttpResponseMessage> outcome,
        TimeSpan? after,
        bool isRepeatable,
        bool wasReached
    ) =>
        outcome switch
        {
            { Result: { } response } => response.StatusCode switch
            {
                HttpStatusCode.TooManyRequests => true,
                HttpStatusCode.ServiceUnavailable => isRepeatable || after is not null,
                HttpStatusCode.NotImplemented => false,
                >= HttpStatusCode.InternalServerError => isRepeatable,
                _ => false,
            },
            { Exception: HttpRequestException { HttpRequestError: var error } } => error switch
            {
                HttpRequestError.SecureConnectionError => false,
                HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError => wasReached,
                _ => isRepeatable,
            },
            { Exception: IOException or RequestTimeoutException } => isRepeatable,
            _ => false,
        };

    private static TimeSpan? RetryAfter(HttpResponseMessage? response, TimeProvider timeProvider)
    {
        if (response?.Headers.RetryAfter is not { } header)
        {
            return null;
        }
        TimeSpan? after = header.Delta ?? header.Date - timeProvider.GetUtcNow();
        return after < TimeSpan.Zero ? TimeSpan.Zero : after;
    }
}

/// <summary>One attempt of a request took too long.</summary>
internal sealed class RequestTimeoutException(TimeSpan timeout, Exception inner)
    : Exception($"no answer within {timeout.TotalSeconds:0.#} s", inner);
