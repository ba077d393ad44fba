package import TTRPC

/// A step that every call passes between the decoding of its request and its handler, for example
/// authentication or a limit.
///
/// Interceptors run in the order of their array, synchronously, on the I/O thread of the call. They
/// must not block, and should allocate as little as possible.
package protocol Interceptor: Sendable {
  /// Examines a call. It may change the call's context.
  ///
  /// - Throws: the status with which the call ends. Nothing else of the call runs.
  func intercept(_ context: inout CallContext, _ call: borrowing ServerCall) throws(RPCError)
}
