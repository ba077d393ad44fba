import PatronModel
import PatronProto
import ProtobufC
import Synchronization
import TTRPC

@testable import PatronServer

/// The caller of the next calls of a shop: an interceptor that a test sets.
final class Callers: Interceptor {
  private struct Caller {
    var principal = Principal.anonymous
    var onBehalfOf = ""
  }

  private let caller = Mutex(Caller())

  /// The key of ``act(for:)``.
  let key = APIKey.random().id

  /// Lets the next calls be those of ``key``, on behalf of somebody.
  func act(for somebody: String) {
    let principal = Principal(keyID: key)
    caller.withLock { $0 = Caller(principal: principal, onBehalfOf: somebody) }
  }

  /// Lets the next calls be those of nobody in particular.
  func stop() { caller.withLock { $0 = Caller() } }

  /// The author that the records of calls by ``key`` name.
  func author(for somebody: String) -> PatronProto.Author? {
    .with {
      $0.keyID = key.text
      $0.onBehalfOf = somebody
    }
  }

  func intercept(_ context: inout CallContext, _ call: borrowing ServerCall) throws(RPCError) {
    let caller = caller.withLock { $0 }
    var authored = CallContext(
      principal: caller.principal,
      store: context.store,
      peer: context.peer,
      deadline: context.deadline,
      answers: context.answers,
      id: context.id,
      now: context.now,
      errors: context.errors
    )
    authored.usesReserve = context.usesReserve
    authored.onBehalfOf = caller.onBehalfOf
    context = authored
  }
}
