using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace EmbeddedKubernetes.Storage;

/// <summary>
/// The bytes of one record: length (4, little endian), CRC-32C of the rest (4), then kind (1), resource version (8),
/// three names (2 + n each) and the object's JSON (the remainder; absent for a deletion).
/// </summary>
internal readonly record struct JournalRecord(JournalRecord.Kind Type, long ResourceVersion, ObjectKey Key, byte[] Json)
{
    public const int HeaderSize = 8;
    private const int MaxSize = 64 * 1024 * 1024;

    public enum Kind : byte
    {
        /// <summary>The first record: names the format; its version is the highest one given out before a compaction.</summary>
        Start = 1,
        Put = 2,
        Delete = 3,
    }

    public byte[] ToBytes()
    {
        var names = new[] { Key.Resource ?? "", Key.Namespace ?? "", Key.Name ?? "" };
        var size = 9 + Json.Length;
        foreach (var name in names)
        {
            size += 2 + Encoding.UTF8.GetByteCount(name);
        }
        var bytes = new byte[HeaderSize + size];
        var body = bytes.AsSpan(HeaderSize);
        body[0] = (byte)Type;
        BinaryPrimitives.WriteInt64LittleEndian(body[1..], ResourceVersion);
        var at = 9;
        foreach (var name in names)
        {
            var length = Encoding.UTF8.GetBytes(name, body[(at + 2)..]);
            BinaryPrimitives.WriteUInt16LittleEndian(body[at..], (ushort)length);
            at += 2 + length;
        }
        Json.CopyTo(body[at..]);
        BinaryPrimitives.WriteInt32LittleEndian(bytes, size);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Checksum(body));
        return bytes;
    }

    /// <summary>Reads the record at the start of <paramref name="bytes"/>; false when it is torn or damaged.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out JournalRecord record, out int size)
    {
        record = default;
        size = 0;
        if (bytes.Length < HeaderSize)
        {
            return false;
        }
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (length is < 15 or > MaxSize || bytes.Length - HeaderSize < length)
        {
            return false;
        }
        var body = bytes.Slice(HeaderSize, length);
        if (Checksum(body) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]))
        {
            return false;
        }
        var at = 9;
        Span<Range> names = stackalloc Range[3];
        for (var i = 0; i < 3; i++)
        {
            if (at + 2 > length)
            {
                return false;
            }
            var n = BinaryPrimitives.ReadUInt16LittleEndian(body[at..]);
            if (at + 2 + n > length)
            {
                return false;
            }
            names[i] = (at + 2)..(at + 2 + n);
            at += 2 + n;
        }
        var key = new ObjectKey(
            string.Intern(Encoding.UTF8.GetString(body[names[0]])),
            Encoding.UTF8.GetString(body[names[1]]),
            Encoding.UTF8.GetString(body[names[2]])
        );
        record = new((Kind)body[0], BinaryPrimitives.ReadInt64LittleEndian(body[1..]), key, body[at..].ToArray());
        size = HeaderSize + length;
        return true;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }
        foreach (var b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }
        return ~crc;
    }
}
