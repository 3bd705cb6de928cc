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
internal static class RetryRules
{
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromSeconds(10);

    public static ResiliencePipeline<HttpResponseMessage> Build(
        KubernetesClientOptions options,
        bool isRepeatable,
        Func<bool> wasReached
    )
    {
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = options.TimeProvider };
        if (options.Retries > 0)
        {
            builder.AddRetry(
                new RetryStrategyOptions<HttpResponseMessage>
                {
                    MaxRetryAttempts = options.Retries,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Delay = options.RetryDelay,
                    MaxDelay = s_longestDelay,
                    ShouldHandle = args => new(ShouldRetry(args.Outcome, isRepeatable, wasReached(), options)),
                    DelayGenerator = args => new(RetryAfter(args.Outcome.Result, options.TimeProvider)),
                }
            );
        }
        return builder.Build();
    }

    private static bool ShouldRetry(
        Outcome<HttpResponseMessage> outcome,
        bool isRepeatable,
        bool wasReached,
        KubernetesClientOptions options
    )
    {
        switch (outcome)
        {
            case { Result: { } response }:
                TimeSpan? after = RetryAfter(response, options.TimeProvider);
                return after <= options.LongestRetryAfter | after is null
                    && response.StatusCode switch
                    {
                        HttpStatusCode.TooManyRequests => true,
                        HttpStatusCode.ServiceUnavailable => isRepeatable || after is not null,
                        HttpStatusCode.NotImplemented => false,
                        >= HttpStatusCode.InternalServerError => isRepeatable,
                        _ => false,
                    };
            case { Exception: HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } }:
                return false;
            case {
                Exception: HttpRequestException
                {
                    HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                }
            }:
                return wasReached;
            case { Exception: HttpRequestException or IOException or RequestTimeoutException }:
                return isRepeatable;
            default:
                return false;
        }
    }

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
