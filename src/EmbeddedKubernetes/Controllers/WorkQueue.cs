namespace EmbeddedKubernetes.Controllers;

/// <summary>Objects to be reconciled, each at most once.</summary>
internal sealed class WorkQueue
{
    private readonly Queue<(IController Controller, ObjectKey Key)> _order = new();
    private readonly HashSet<(IController, ObjectKey)> _waiting = [];

    public void Add(IController controller, ObjectKey key)
    {
        if (_waiting.Add((controller, key)))
        {
            _order.Enqueue((controller, key));
        }
    }

    public bool TryTake(out IController controller, out ObjectKey key)
    {
        if (!_order.TryDequeue(out var item))
        {
            controller = null!;
            key = default;
            return false;
        }
        _waiting.Remove(item);
        (controller, key) = item;
        return true;
    }
}
