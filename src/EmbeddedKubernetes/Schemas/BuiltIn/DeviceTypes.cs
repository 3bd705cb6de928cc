namespace EmbeddedKubernetes.Schemas.BuiltIn;

/// <summary>Devices that pods may claim.</summary>
internal static class DeviceTypes
{
    public const string Text = """
        # resource.k8s.io/v1
        DeviceClass: metadata:ObjectMeta spec:DeviceClassSpec!
        ResourceClaim: metadata:ObjectMeta spec:ResourceClaimSpec! status:ResourceClaimStatus
        ResourceClaimTemplate: metadata:ObjectMeta spec:ResourceClaimTemplateSpec!
        ResourceSlice: metadata:ObjectMeta spec:ResourceSliceSpec!
        DeviceClassSpec: config:[]DeviceClassConfiguration extendedResourceName:s selectors:[]DeviceSelector
        ResourceClaimSpec: devices:DeviceClaim
        ResourceClaimStatus: allocation:AllocationResult devices:[=driver,device,pool,shareID]AllocatedDeviceStatus
          reservedFor:[uid]ResourceClaimConsumerReference
        ResourceClaimTemplateSpec: metadata:ObjectMeta spec:ResourceClaimSpec!
        ResourceSliceSpec: allNodes:b devices:[]Device driver:s! nodeName:s nodeSelector:NodeSelector
          perDeviceNodeSelection:b pool:ResourcePool! sharedCounters:[]CounterSet
        DeviceClassConfiguration: opaque:OpaqueDeviceConfiguration
        DeviceSelector: cel:CELDeviceSelector
        DeviceClaim: config:[]DeviceClaimConfiguration constraints:[]DeviceConstraint requests:[]DeviceRequest
        AllocationResult: allocationTimestamp:t devices:DeviceAllocationResult nodeSelector:NodeSelector
        AllocatedDeviceStatus: conditions:[=type]Condition data:any device:s! driver:s! networkData:NetworkDeviceData
          pool:s! shareID:s
        ResourceClaimConsumerReference: apiGroup:s name:s! resource:s! uid:s!
        Device: allNodes:b allowMultipleAllocations:b attributes:{DeviceAttribute} bindingConditions:[]s
          bindingFailureConditions:[]s bindsToNode:b capacity:{DeviceCapacity}
          consumesCounters:[]DeviceCounterConsumption name:s!
          nodeAllocatableResourceMappings:{NodeAllocatableResourceMapping} nodeName:s nodeSelector:NodeSelector
          taints:[]DeviceTaint
        ResourcePool: generation:l! name:s! resourceSliceCount:l!
        CounterSet: counters:{Counter}! name:s!
        OpaqueDeviceConfiguration: driver:s! parameters:any!
        CELDeviceSelector: expression:s!
        DeviceClaimConfiguration: opaque:OpaqueDeviceConfiguration requests:[]s
        DeviceConstraint: distinctAttribute:s matchAttribute:s requests:[]s
        DeviceRequest: exactly:ExactDeviceRequest firstAvailable:[]DeviceSubRequest name:s!
        DeviceAllocationResult: config:[]DeviceAllocationConfiguration results:[]DeviceRequestAllocationResult
        NetworkDeviceData: hardwareAddress:s interfaceName:s ips:[]s
        DeviceAttribute: bool:b bools:[]b int:l ints:[]l string:s strings:[]s version:s versions:[]s
        DeviceCapacity: requestPolicy:CapacityRequestPolicy value:q!
        DeviceCounterConsumption: counterSet:s! counters:{Counter}!
        NodeAllocatableResourceMapping: allocationMultiplier:q capacityKey:s
        DeviceTaint: effect:s! key:s! timeAdded:t value:s
        Counter: value:q!
        ExactDeviceRequest: adminAccess:b allocationMode:s capacity:CapacityRequirements count:l deviceClassName:s!
          selectors:[]DeviceSelector tolerations:[]DeviceToleration
        DeviceSubRequest: allocationMode:s capacity:CapacityRequirements count:l deviceClassName:s! name:s!
          selectors:[]DeviceSelector tolerations:[]DeviceToleration
        DeviceAllocationConfiguration: opaque:OpaqueDeviceConfiguration requests:[]s source:s!
        DeviceRequestAllocationResult: adminAccess:b bindingConditions:[]s bindingFailureConditions:[]s
          consumedCapacity:{q} device:s! driver:s! pool:s! request:s! shareID:s tolerations:[]DeviceToleration
        CapacityRequestPolicy: default:q validRange:CapacityRequestPolicyRange validValues:[]q
        CapacityRequirements: requests:{q}
        DeviceToleration: effect:s key:s operator:s=Equal tolerationSeconds:l value:s
        CapacityRequestPolicyRange: max:q min:q! step:q
        """;
}
