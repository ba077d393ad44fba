internal import PatronModel
internal import PatronProto
internal import TTRPC

/// The part of a method's contract that the gate reads before the request is decoded.
struct MethodRule: Sendable {
  /// The scope that the method needs.
  let scope: Scope
  /// True if the method changes something.
  let isWrite: Bool
  /// True if the method streams from a snapshot of its own.
  let isScan: Bool

  /// Reads the rule of a method. A method without a scope must not be served, so it stops the
  /// program at its start.
  init(of method: Method, isScan: Bool) {
    guard let declared = Contract.method(method) else {
      preconditionFailure("the contract does not know \(method)")
    }
    guard let scope = Scope(rawValue: declared.scope) else {
      preconditionFailure("the contract says of no scope that \(method) needs it")
    }
    self.scope = scope
    isWrite = method.idempotency != .noSideEffects
    self.isScan = isScan
  }
}
