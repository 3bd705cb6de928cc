namespace EmbeddedKubernetes.Admission;

/// <summary>Gives out cluster addresses and node ports.</summary>
internal sealed class Allocations(ObjectStore store)
{
    private const int FirstNodePort = 30000;
    private const int LastNodePort = 32767;
    private readonly Lock _gate = new();
    private HashSet<string>? _addresses;
    private HashSet<long> _ports = [];
    private int _nextAddress = 10;
    private int _nextPort = FirstNodePort;

    public string NextClusterIP()
    {
        lock (_gate)
        {
            Load();
            while (true)
            {
                var n = _nextAddress++ % 65534;
                var address = $"10.96.{n / 256}.{n % 256}";
                if (n % 256 is not (0 or 255) && _addresses!.Add(address))
                {
                    return address;
                }
            }
        }
    }

    /// <returns>False when another service has the address.</returns>
    public bool TryTakeClusterIP(string address)
    {
        lock (_gate)
        {
            Load();
            if (_addresses!.Add(address))
            {
                return true;
            }
            // Deleted services are only noticed when their address is asked for again.
            _addresses = null;
            Load();
            return _addresses!.Add(address);
        }
    }

    public long NextNodePort()
    {
        lock (_gate)
        {
            Load();
            for (var tries = 0; tries <= LastNodePort - FirstNodePort; tries++)
            {
                var port = _nextPort++;
                if (_nextPort > LastNodePort)
                {
                    _nextPort = FirstNodePort;
                    _addresses = null;
                    Load();
                }
                if (_ports.Add(port))
                {
                    return port;
                }
            }
            throw new ApiException(500, "InternalError", "every node port is taken; delete services of type NodePort");
        }
    }

    public bool TryTakeNodePort(long port)
    {
        lock (_gate)
        {
            Load();
            if (_ports.Add(port))
            {
                return true;
            }
            _addresses = null;
            Load();
            return _ports.Add(port);
        }
    }

    private void Load()
    {
        if (_addresses is not null)
        {
            return;
        }
        _addresses = new(StringComparer.Ordinal);
        _ports = [];
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
