using System.Globalization;
using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace EndToEnd.Service;

/// <summary>Takes measurements through a queue, so that none is lost while the database is away.</summary>
internal sealed class MeasurementQueue(MeasurementDatabase database, ILogger<MeasurementQueue> logger)
    : BackgroundService
{
    private const string Queue = "measurements";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private volatile IChannel? _channel;

    public bool IsReady => _channel is { IsOpen: true };

    public async Task PublishAsync(string name, double value, CancellationToken cancellationToken) =>
        await _channel!.BasicPublishAsync(
            "",
            Queue,
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name} {value}")),
            cancellationToken
        );

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var factory = new ConnectionFactory
        {
            HostName = Environment.GetEnvironmentVariable("RABBITMQ_HOST") ?? "rabbitmq",
            UserName = "platform",
            VirtualHost = "measurements",
            Password = Environment.GetEnvironmentVariable("RABBITMQ_PASSWORD") ?? "",
        };
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await database.CreateAsync(stoppingToken);
                await using var connection = await factory.CreateConnectionAsync(stoppingToken);
                await using var channel = await connection.CreateChannelAsync(cancellationToken: stoppingToken);
                await channel.QueueDeclareAsync(
                    Queue,
                    durable: true,
                    exclusive: false,
                    autoDelete: false,
                    cancellationToken: stoppingToken
                );
                var consumer = new AsyncEventingBasicConsumer(channel);
                consumer.ReceivedAsync += async (_, message) =>
                {
                    var text = Encoding.UTF8.GetString(message.Body.Span).Split(' ');
                    await database.WriteAsync(
                        text[0],
                        double.Parse(text[1], CultureInfo.InvariantCulture),
                        stoppingToken
                    );
                    await channel.BasicAckAsync(message.DeliveryTag, multiple: false, stoppingToken);
                };
                await channel.BasicConsumeAsync(Queue, autoAck: false, consumer, stoppingToken);
                _channel = channel;
                while (channel.IsOpen)
                {
                    await Task.Delay(Pause, TimeProvider.System, stoppingToken);
                }
            }
            catch (Exception e)
                when (e is BrokerUnreachableException or HttpRequestException or OperationInterruptedException)
            {
                _channel = null;
                logger.LogWarning("Not connected yet: {Message}", e.Message);
                await Task.Delay(Pause, TimeProvider.System, stoppingToken);
            }
        }
    }
}
