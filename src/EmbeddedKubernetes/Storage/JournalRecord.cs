using System.Buffers.Binary;
using System.Numerics;

namespace EmbeddedKubernetes.Storage;

/// <summary>
/// The bytes of one record: length (4, little endian), CRC-32C of the rest (4), then kind (1), resource version (8),
/// three names (2 + n each) and the object's JSON (the remainder; absent for a deletion).
/// </summary>
internal readonly record struct JournalRecord(
    JournalRecord.Kind Type,
    long ResourceVersion,
    ObjectKey Key,
    ReadOnlyMemory<byte> Json
)
{
    /// <summary>The bytes before the ones that the length counts.</summary>
    public const int HeaderSize = 8;

    private const int SmallestBody = 15;
    private const int MaxSize = 64 * 1024 * 1024;

    public enum Kind : byte
    {
        /// <summary>The first record: names the format; its version is the highest one given out before a compaction.</summary>
        Start = 1,
        Put = 2,
        Delete = 3,
    }

    /// <summary>How many bytes the record takes.</summary>
    public int Size =>
        HeaderSize + SmallestBody + SizeOf(Key.Resource) + SizeOf(Key.Namespace) + SizeOf(Key.Name) + Json.Length;

    public static JournalRecord Start(long resourceVersion) => new(Kind.Start, resourceVersion, default, default);

    public static JournalRecord Put(StoredObject o) => new(Kind.Put, o.ResourceVersion, o.Key, o.Json);

    public static JournalRecord Of(StoreEvent change) =>
        change.Type == ChangeType.Deleted
            ? new(Kind.Delete, change.ResourceVersion, change.Object.Key, default)
            : Put(change.Object);

    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        var body = bytes.AsSpan(HeaderSize);
        body[0] = (byte)Type;
        BinaryPrimitives.WriteInt64LittleEndian(body[1..], ResourceVersion);
        var at = 9;
        foreach (var name in (ReadOnlySpan<string?>)[Key.Resource, Key.Namespace, Key.Name])
        {
            var length = Encoding.UTF8.GetBytes(name ?? "", body[(at + 2)..]);
            BinaryPrimitives.WriteUInt16LittleEndian(body[at..], (ushort)length);
            at += 2 + length;
        }
        Json.Span.CopyTo(body[at..]);
        BinaryPrimitives.WriteInt32LittleEndian(bytes, body.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Checksum(body));
        return bytes;
    }

    /// <summary>
    /// Reads the record at the start of <paramref name="bytes"/>, whose JSON it shares; false when it is torn or damaged.
    /// </summary>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, out JournalRecord record)
    {
        record = default;
        if (bytes.Length < HeaderSize)
        {
            return false;
        }
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.Span);
        if (!IsLength(length) || bytes.Length - HeaderSize < length)
        {
            return false;
        }
        var body = bytes.Span.Slice(HeaderSize, length);
        if (Checksum(body) != BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[4..]))
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
        var json = bytes.Slice(HeaderSize + at, length - at);
        record = new((Kind)body[0], BinaryPrimitives.ReadInt64LittleEndian(body[1..]), key, json);
        return true;
    }

    /// <summary>Whether a record may have such a length.</summary>
    public static bool IsLength(int length) => length is >= SmallestBody and <= MaxSize;

    /// <summary>Whether the bytes may begin with a record: a look at little, before the whole is read.</summary>
    public static bool MayStart(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= HeaderSize + SmallestBody
        && BinaryPrimitives.ReadInt32LittleEndian(bytes) is var length
        && IsLength(length)
        && length <= bytes.Length - HeaderSize
        && (Kind)bytes[HeaderSize] is Kind.Start or Kind.Put or Kind.Delete;

    private static int SizeOf(string? name) => name is null ? 0 : Encoding.UTF8.GetByteCount(name);

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
