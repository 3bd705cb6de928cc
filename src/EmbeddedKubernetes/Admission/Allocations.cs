namespace EmbeddedKubernetes.Admission;

/// <summary>Gives out cluster addresses and node ports.</summary>
internal sealed class Allocations(ObjectStore store)
{
    private const int FirstNodePort = 30000;
    private const int LastNodePort = 32767;
    private readonly Lock _gate = new();
    private readonly HashSet<string> _addresses = new(StringComparer.Ordinal);
    private readonly HashSet<long> _ports = [];
    private bool _loaded;
    private int _nextAddress = 10;
    private int _nextPort = FirstNodePort;

    public string NextClusterIP()
    {
        lock (_gate)
        {
            Load(again: false);
            while (true)
            {
                var n = _nextAddress++ % 65534;
                var address = $"10.96.{n / 256}.{n % 256}";
                if (n % 256 is not (0 or 255) && _addresses.Add(address))
                {
                    return address;
                }
            }
        }
    }

    /// <returns>False when another service has the address.</returns>
    public bool TryTakeClusterIP(string address) => TryTake(_addresses, address);

    public bool TryTakeNodePort(long port) => TryTake(_ports, port);

    public long NextNodePort()
    {
        lock (_gate)
        {
            Load(again: false);
            for (var tries = 0; tries <= LastNodePort - FirstNodePort; tries++)
            {
                var port = _nextPort++;
                if (_nextPort > LastNodePort)
                {
                    _nextPort = FirstNodePort;
                    Load(again: true);
                }
                if (_ports.Add(port))
                {
                    return port;
                }
            }
            throw ApiException.Internal("every node port is taken; delete services of type NodePort");
        }
    }

    private bool TryTake<T>(HashSet<T> taken, T wanted)
    {
        lock (_gate)
        {
            Load(again: false);
            if (taken.Add(wanted))
            {
                return true;
            }
            // Deleted services are only noticed when what they had is asked for again.
            Load(again: true);
            return taken.Add(wanted);
        }
    }

    private void Load(bool again)
    {
        if (_loaded && !again)
        {
            return;
        }
        _loaded = true;
        _addresses.Clear();
        _ports.Clear();
        foreach (var service in store.List("services."))
        {
            var spec = service.Read().Obj("spec");
            if (spec.Str("clusterIP") is { Length: > 0 } address && address != "None")
            {
                _addresses.Add(address);
            }
            foreach (var port in spec.Arr("ports").Objects())
            {
                if (port.Long("nodePort") is { } nodePort)
                {
                    _ports.Add(nodePort);
                }
            }
        }
    }
}
