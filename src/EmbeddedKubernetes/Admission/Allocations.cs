using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace EmbeddedKubernetes.Admission;

/// <summary>
/// Gives out cluster addresses and node ports. What is taken is what the stored services have: whoever allocates holds
/// <see cref="Enter"/> until the service is stored, or refused.
/// </summary>
internal sealed class Allocations(ObjectStore store)
{
    /// <summary>Where cluster addresses come from.</summary>
    public const string Range = "10.96.0.0/16";

    private const string Services = "services.";
    private const uint Network = (10u << 24) | (96u << 16);
    private const int FirstAddress = 10;
    private const int LastAddress = 65534;
    private const int FirstNodePort = 30000;
    private const int LastNodePort = 32767;
    private const string OutsidePorts =
        "provided port is not in the valid range. The range of valid ports is 30000-32767";
    private readonly Lock _gate = new();
    private readonly HashSet<uint> _addresses = [];
    private readonly HashSet<long> _ports = [];
    private bool _loaded;
    private int _nextAddress = FirstAddress;
    private int _nextPort = FirstNodePort;

    /// <summary>Lets one write of services in after the other; all others are not held up.</summary>
    public Lock.Scope Enter(ResourceType type) => type.Storage == Services ? _gate.EnterScope() : default;

    /// <summary>Gives a valid service the addresses and ports it asks for, or free ones.</summary>
    /// <param name="type">The kind of services.</param>
    /// <param name="service">The service to be stored.</param>
    /// <param name="live">What it was, or null.</param>
    /// <exception cref="ApiException">Another service has them, or they are out of range.</exception>
    public void Allocate(ResourceType type, JsonObject service, JsonObject? live)
    {
        if (service.Obj("spec") is not { } spec)
        {
            return;
        }
        var name = service.Str("metadata", "name") ?? "";
        var before = live.Obj("spec");
        if (spec.Str("type") != "ExternalName")
        {
            Address(type, name, spec, before);
        }
        Ports(type, name, spec, before);
        HealthCheck(spec, before);
    }

    private void Address(ResourceType type, string name, JsonObject spec, JsonObject? before)
    {
        var address = spec.Str("clusterIP");
        if (string.IsNullOrEmpty(address))
        {
            address = NextAddress();
        }
        else if (address != "None" && address != before.Str("clusterIP") && Refusal(address) is { } why)
        {
            throw new FieldFaults()
                .Invalid("spec.clusterIPs", new JsonArray(address), $"failed to allocate IP {address}: {why}")
                .ToException(type, name);
        }
        spec["clusterIP"] = address;
        spec["clusterIPs"] = new JsonArray(address);
    }

    private void Ports(ResourceType type, string name, JsonObject spec, JsonObject? before)
    {
        var held = before.Arr("ports").Objects().Select(p => p.Long("nodePort") ?? 0).ToHashSet();
        var i = 0;
        foreach (var port in spec.Arr("ports").Objects())
        {
            var at = $"spec.ports[{i++}].nodePort";
            if (port.Long("nodePort") is { } asked and not 0)
            {
                // Two protocols may share one, a service with what it had.
                if (held.Add(asked) && Refusal(asked) is { } why)
                {
                    throw new FieldFaults().Invalid(at, asked, why).ToException(type, name);
                }
            }
            else if (ServiceRules.NeedsNodePorts(spec))
            {
                port["nodePort"] = NextPort();
            }
        }
    }

    private void HealthCheck(JsonObject spec, JsonObject? before)
    {
        if (!ServiceRules.NeedsHealthCheck(spec))
        {
            return;
        }
        var asked = spec.Long("healthCheckNodePort") ?? 0;
        if (asked == 0)
        {
            spec["healthCheckNodePort"] = NextPort();
        }
        else if (asked != before.Long("healthCheckNodePort") && Refusal(asked) is { } why)
        {
            throw ApiException.Internal($"failed to allocate requested HealthCheck NodePort {asked}: {why}");
        }
    }

    private string NextAddress()
    {
        Load(again: false);
        for (var tries = 0; tries <= LastAddress; tries++)
        {
            var address = Network + (uint)_nextAddress++;
            if (_nextAddress > LastAddress)
            {
                _nextAddress = FirstAddress;
                Load(again: true);
            }
            if (address % 256 is not (0 or 255) && _addresses.Add(address))
            {
                return $"10.96.{address / 256 % 256}.{address % 256}";
            }
        }
        throw ApiException.Internal("every cluster address is taken; delete services");
    }

    private long NextPort()
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

    private string? Refusal(string address) =>
        Number(address) is not ({ } number and > Network and <= Network + LastAddress)
            ? $"the provided IP ({address}) is not in the valid range. The range of valid IPs is {Range}"
        : TryTake(_addresses, number) ? null
        : "provided IP is already allocated";

    private string? Refusal(long port) =>
        port is < FirstNodePort or > LastNodePort ? OutsidePorts
        : TryTake(_ports, port) ? null
        : "provided port is already allocated";

    private bool TryTake<T>(HashSet<T> taken, T wanted)
    {
        Load(again: false);
        if (taken.Add(wanted))
        {
            return true;
        }
        // What was deleted, refused or only tried is noticed when it is asked for again.
        Load(again: true);
        return taken.Add(wanted);
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
        foreach (var stored in store.List(Services))
        {
            var spec = stored.Read().Obj("spec");
            if (Number(spec.Str("clusterIP")) is { } address)
            {
                _addresses.Add(address);
            }
            foreach (var port in spec.Arr("ports").Objects().Append(spec))
            {
                if ((port.Long("nodePort") ?? port.Long("healthCheckNodePort")) is { } number)
                {
                    _ports.Add(number);
                }
            }
        }
    }

    private static uint? Number(string? address) =>
        IPAddress.TryParse(address, out var ip) && ip.AddressFamily == AddressFamily.InterNetwork
            ? BinaryPrimitives.ReadUInt32BigEndian(ip.GetAddressBytes())
            : null;
}
