using System.Buffers.Binary;

namespace EmbeddedKubernetes.Storage;

/// <summary>Reads a journal to its end: also what lies behind a damaged record.</summary>
internal static class JournalScan
{
    /// <summary>Hands every good record to <paramref name="replay"/>, in order, and returns what is in between.</summary>
    public static List<JournalGap> Read(ReadOnlyMemory<byte> bytes, Action<JournalRecord> replay)
    {
        var gaps = new List<JournalGap>();
        var at = 0;
        while (at < bytes.Length)
        {
            if (JournalRecord.TryRead(bytes[at..], out var record))
            {
                replay(record);
                at += record.Size;
                continue;
            }
            var next = NextRecord(bytes, at);
            gaps.Add(new(at, bytes[at..next], IsLast: next == bytes.Length));
            at = next;
        }
        return gaps;
    }

    // Lengths are below 64 MiB and names and JSON are text: hardly a byte inside a record looks like the start of one.
    private static int NextRecord(ReadOnlyMemory<byte> bytes, int damaged)
    {
        for (var at = damaged + 1; at < bytes.Length; at++)
        {
            if (JournalRecord.MayStart(bytes.Span[at..]) && JournalRecord.TryRead(bytes[at..], out _))
            {
                return at;
            }
        }
        return bytes.Length;
    }
}

/// <summary>A part of a journal that is no record.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="Bytes">What is there.</param>
/// <param name="IsLast">Nothing good comes after it.</param>
internal sealed record JournalGap(int Offset, ReadOnlyMemory<byte> Bytes, bool IsLast)
{
    /// <summary>
    /// What a crash leaves: the beginning of a record, or room for one that was never filled. Nobody was told that it was
    /// written.
    /// </summary>
    public bool IsTorn =>
        IsLast
        && (
            Bytes.Length < sizeof(int)
            || !Bytes.Span.ContainsAnyExcept((byte)0)
            || BinaryPrimitives.ReadInt32LittleEndian(Bytes.Span) is var length
                && JournalRecord.IsLength(length)
                && length > Bytes.Length - JournalRecord.HeaderSize
        );
}
