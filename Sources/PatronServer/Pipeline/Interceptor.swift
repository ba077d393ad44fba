package import TTRPC

/// A step that every call passes after its request was decoded and before its handler sees it, for
/// example authentication or a limit.
///
/// Interceptors run in the order of their array, synchronously, on the I/O thread of the call: they
/// must neither block nor allocate more than they have to.
package protocol Interceptor: Sendable {
  /// Examines a call and may change its context.
  ///
  /// - Throws: the status with which the call ends. Nothing else of the call runs.
  func intercept(_ context: inout CallContext, _ call: borrowing ServerCall) throws(RPCError)
}
