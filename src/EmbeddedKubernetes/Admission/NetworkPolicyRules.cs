using System.Net;

namespace EmbeddedKubernetes.Admission;

/// <summary>What a network policy must fulfil.</summary>
internal static class NetworkPolicyRules
{
    public static void Check(JsonObject spec, FieldFaults faults)
    {
        foreach (var (direction, peers) in (ReadOnlySpan<(string, string)>)[("ingress", "from"), ("egress", "to")])
        {
            PodRules.Each(
                spec.Arr(direction),
                "spec." + direction,
                (rule, at) =>
                {
                    PodRules.Each(rule.Arr("ports"), at + ".ports", (port, p) => Port(port, p, faults));
                    PodRules.Each(rule.Arr(peers), $"{at}.{peers}", (peer, p) => Peer(peer, p, faults));
                }
            );
        }
        var types = spec.Arr("policyTypes");
        if (types is { Count: > 2 })
        {
            faults.Invalid("spec.policyTypes", types, "may not specify more than two policyTypes");
            return;
        }
        for (var i = 0; i < types?.Count; i++)
        {
            if (types[i].AsString() is not ("Ingress" or "Egress"))
            {
                faults.NotSupported($"spec.policyTypes[{i}]", types[i], ["Egress", "Ingress"]);
            }
        }
    }

    private static void Port(JsonObject port, string at, FieldFaults faults)
    {
        if (port["port"] is { } number)
        {
            PodRules.PortNumberOrName(number, at + ".port", faults);
        }
        if (port.Str("protocol") is { Length: > 0 } protocol and not ("TCP" or "UDP" or "SCTP"))
        {
            faults.NotSupported(at + ".protocol", protocol, ["SCTP", "TCP", "UDP"]);
        }
        if (port.Long("endPort") is { } end && (port.Long("port") is not { } start || end < start))
        {
            faults.Invalid(at + ".endPort", end, "must be greater than or equal to `port`");
        }
    }

    private static void Peer(JsonObject peer, string at, FieldFaults faults)
    {
        var others = peer["podSelector"] is not null || peer["namespaceSelector"] is not null;
        if (peer.Obj("ipBlock") is { } block)
        {
            Block(block, at + ".ipBlock", faults);
            if (others)
            {
                faults.Forbidden(at, "may not specify both ipBlock and another peer");
            }
        }
        else if (!others)
        {
            faults.Required(at, "must specify a peer");
        }
    }

    private static void Block(JsonObject block, string at, FieldFaults faults)
    {
        var cidr = block.Str("cidr") ?? "";
        if (cidr.Length == 0)
        {
            return;
        }
        if (!cidr.Contains('/', StringComparison.Ordinal) || !IPNetwork.TryParse(cidr, out var network))
        {
            faults.Invalid(at + ".cidr", cidr, "not a valid CIDR");
            return;
        }
        var i = 0;
        foreach (var item in block.Arr("except") ?? [])
        {
            var path = $"{at}.except[{i++}]";
            if (item.AsString() is not { } text || !IPNetwork.TryParse(text, out var except))
            {
                faults.Invalid(path, item, "not a valid CIDR");
            }
            else if (!network.Contains(except.BaseAddress) || except.PrefixLength <= network.PrefixLength)
            {
                faults.Invalid(path, text, "must be a strict subset of `cidr`");
            }
        }
    }
}
