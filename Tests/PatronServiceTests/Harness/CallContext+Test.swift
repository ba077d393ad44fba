import Logging
import PatronStore
import TTRPC

@testable import PatronServer

extension CallContext {
  /// Creates a context without a client, for handlers that a test runs itself.
  static func test(
    as caller: Principal = .anonymous,
    in store: StoreID = .default,
    answers: AnswerAccount? = nil,
    now: Int64 = WallClock.system.now()
  ) -> CallContext {
    CallContext(
      principal: caller,
      store: store,
      peer: Peer(address: "test"),
      answers: answers,
      id: CallID(0),
      now: now,
      errors: CallErrors(
        method: Method(service: "test", name: "Test", kind: .unary, idempotency: .unknown),
        log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      )
    )
  }
}

extension WriteContext {
  /// Creates the context of a write without a client.
  init(_ transaction: WriteTransaction, now: Int64 = WallClock.system.now()) {
    self.init(call: .test(now: now), transaction: transaction, now: now)
  }
}
