package import TTRPC

/// A dispatcher made of several, so that for example a health service and an application share a
/// server. Costs one array access per call.
package final class ComposedDispatcher: CallDispatcher {
  /// The methods of all parts, in the order of the parts.
  package let methods: [Method]
  private let parts: [any CallDispatcher]
  /// For every method, the part that serves it and its index there.
  private let routes: [(part: Int, method: Int)]

  /// Creates a dispatcher from `parts`. A method must not be served by two of them.
  package init(_ parts: [any CallDispatcher]) {
    self.parts = parts
    var methods: [Method] = []
    var routes: [(part: Int, method: Int)] = []
    for (index, part) in parts.enumerated() {
      for (method, description) in part.methods.enumerated() {
        methods.append(description)
        routes.append((index, method))
      }
    }
    self.methods = methods
    self.routes = routes
  }

  /// Passes the call to the part that serves the method.
  package func unary(
    _ method: Int,
    _ payload: RawSpan,
    _ call: borrowing ServerCall,
    _ response: inout ResponseBuffer
  ) -> UnaryOutcome {
    let route = routes[method]
    return parts[route.part].unary(route.method, payload, call, &response)
  }

  /// Passes the call to the part that serves the method.
  package func open(
    _ method: Int,
    _ payload: RawSpan,
    _ call: borrowing ServerCall,
    _ stream: any ServerStream
  ) {
    let route = routes[method]
    parts[route.part].open(route.method, payload, call, stream)
  }

  /// Notifies every part; parts that do not know the call ignore it.
  package func abandoned(_ target: ReplyTarget, _ reason: RPCError) {
    for part in parts { part.abandoned(target, reason) }
  }
}
