internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtoWire
internal import ProtobufC
internal import TTRPC

extension TimelineHandlers {
  /// Appends the types of the catalogue, then the types that the store registered.
  static func listEventTypes(
    _ request: ListEventTypesRequest,
    _ context: ReadContext,
    _ response: inout ResponseBuffer
  ) throws {
    let reader = context.reader
    var violations = Violations()
    let greatest = PatronProto.EventSource.thirdParty
    violations.checkKnown("source", request.source.rawValue, greatest.rawValue)
    try violations.finish()
    for type in catalogue where request.source == .unspecified || request.source == type.source {
      response.appendField(ListEventTypesResponse.Field.types, bytes: type.bytes)
    }
    guard request.source == .unspecified || request.source == .thirdParty else { return }
    try reader.eventTypes {
      try response.appendStored(ListEventTypesResponse.Field.types, EventType.self, $0)
    }
  }

  /// The encoded types of the catalogue. It does not change while the server runs, so they are
  /// encoded once.
  private static let catalogue: [(source: PatronProto.EventSource, bytes: [UInt8])] =
    EventCatalogue.types.compactMap { type in
      let message = PatronProto.EventType(type)
      return (try? message.encoded()).map { (message.source, $0) }
    }

  /// A checked event type of a third party.
  struct Registration: Sendable {
    var type: PatronProto.EventType
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareRegister(_ request: RegisterEventTypeRequest, _ call: CallContext) throws
    -> Registration
  {
    var check = EventTypeCheck()
    let type = check.checked(request.type ?? PatronProto.EventType())
    try check.violations.finish()
    return Registration(type: type)
  }

  /// Registers an event type.
  static func register(
    _ registration: Registration,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let writer = context.writer
    var type = registration.type
    let old = try writer.read.eventType(type.type, of: type.sourceName)
      .map(PatronProto.EventType.init(stored:))
    type.author = old?.author
    var outcome = Outcome.unchanged
    if old == nil {
      guard try writer.read.eventTypeCount() < EventTypeCheck.Limit.types else {
        throw DomainError.reason(
          .failedPrecondition,
          "TOO_MANY_EVENT_TYPES",
          "The store has \(EventTypeCheck.Limit.types) types of its own, which is the maximum. "
            + "Events need no registered type; replace a type that is not used."
        )
      }
      outcome = .created
    } else if old != type {
      outcome = .updated
    }
    if outcome != .unchanged {
      type.author = writer.author.message
      try writer.putEventType(type.type, of: type.sourceName, body: try type.encoded())
    }
    try response.append(
      RegisterEventTypeResponse.with {
        $0.type = type
        $0.outcome = outcome
      }
    )
  }
}
