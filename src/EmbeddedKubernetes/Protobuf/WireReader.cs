using System.Buffers.Binary;

namespace EmbeddedKubernetes.Protobuf;

/// <summary>Walks over the fields of a protobuf message.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>The number of the present field.</summary>
    public int Number { get; private set; }

    /// <summary>The value of a varint or fixed field.</summary>
    public ulong Scalar { get; private set; }

    /// <summary>The bytes of a length-delimited field.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    public bool IsBytes { get; private set; }

    /// <exception cref="FormatException">The message is damaged.</exception>
    public bool Next()
    {
        if (_rest.Length == 0)
        {
            return false;
        }
        var tag = Varint();
        Number = (int)(tag >> 3);
        IsBytes = false;
        switch (tag & 7)
        {
            case 0:
                Scalar = Varint();
                break;
            case 1:
                Scalar = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                break;
            case 2:
                IsBytes = true;
                Bytes = Take(Varint());
                break;
            case 5:
                Scalar = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                break;
            default:
                throw new FormatException("the protobuf message has an unknown wire type");
        }
        return true;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var b = Take(1)[0];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }
        throw new FormatException("the protobuf message has an overlong number");
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)_rest.Length)
        {
            throw new FormatException("the protobuf message ends too early");
        }
        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }
}
