import TTRPC

/// A request as far as its size depends on it.
struct ClientRequestSize {
  let method: Method
  /// The bytes of the request message.
  let payload: Int
  let metadata: Metadata
}

/// The call that tells a server who calls, before a request that is too large for strangers.
enum ClientGreeting {
  /// The largest frame, in bytes, that servers take from a caller that they do not know.
  static let maxUnknownBytes = UnauthenticatedLimits().requestBytes

  /// Returns the failure of calls that wait for the greeting, or nil if they can be sent because
  /// the server has answered and did not refuse the key. Other refusals of the greeting itself mean
  /// nothing for them.
  static func refusal(_ failure: CallFailure) -> CallFailure? {
    switch failure.error.code {
    case .unauthenticated, .cancelled, .deadlineExceeded, .resourceExhausted:
      CallFailure(failure.error, reach: .notSent)
    // The connection was lost: another one may do better.
    case .unavailable:
      CallFailure(failure.error, reach: failure.reach == .notSent ? .notSent : .neverSeen)
    default: nil
    }
  }
}

extension ClientHandler {
  /// Makes the greeting. `then` is called once, on the loop, with the failure for the calls that
  /// wait for it, or with nil if they can be sent.
  func greet(
    _ method: Method,
    deadline: ContinuousClock.Instant,
    then: @escaping (CallFailure?) -> Void
  ) {
    do throws(CallFailure) {
      _ = try start(
        method,
        request: [],
        metadata: Metadata(),
        deadline: deadline,
        sink: .attempt { outcome in
          switch outcome {
          case .success: then(nil)
          case .failure(let failure):
            let refusal = ClientGreeting.refusal(failure)
            if refusal == nil { self.becomeKnown() }
            then(refusal)
          }
        }
      )
    } catch {
      then(ClientGreeting.refusal(error))
    }
  }
}
