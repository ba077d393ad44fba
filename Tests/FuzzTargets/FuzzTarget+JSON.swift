import PatronProto
import ProtobufC

extension FuzzTarget {
  private static let readers: [@Sendable ([UInt8]) -> Void] = [
    reader(of: UpsertCustomerRequest.self), reader(of: RecordEventRequest.self),
    reader(of: SyncOrderRequest.self), reader(of: ImportCustomersRequest.self),
    reader(of: UpdateStoreSettingsRequest.self), reader(of: GetTimelineRequest.self),
    reader(of: CreateKeyRequest.self), reader(of: GoogleRPC.Status.self),
  ]

  /// A request as JSON. The first byte chooses its type.
  static let json = FuzzTarget(name: "json") { bytes in
    let (choice, input) = bytes.choice
    readers[choice % readers.count]([UInt8](input))
  }

  private static func reader<M: Message>(of type: M.Type) -> @Sendable ([UInt8]) -> Void {
    { input in
      guard let message = try? M(json: input) else { return }
      // Some values that can be read have no JSON form, such as times outside the calendar.
      guard let text = try? message.json() else { return }
      require((try? M(json: text)) != nil, "what was written can be read")
    }
  }
}
