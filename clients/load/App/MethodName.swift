import PatronProto
import TTRPC

/// The lookup of a method by the name that the user gave.
enum MethodName {
  /// Returns the method named `patron.v1.CustomerService/GetCustomer`, with `.` for `/`, without
  /// the package, or by its bare name if that is unique. Only unary methods are accepted.
  static func find(_ name: String) throws(LoadError) -> ContractMethod {
    let found = Contract.method(named: name).map { [$0] } ?? candidates(name)
    guard let method = found.first else {
      let near = unary.filter { $0.name.lowercased() == lastPart(name).lowercased() }
      let advice = near.first.map { "did you mean \($0)?" } ?? "`patron list` shows the methods"
      throw .usage("there is no method \"\(name.prefix(100))\": \(advice)")
    }
    guard found.count == 1 else {
      let names = found.map(\.method.description).joined(separator: ", ")
      throw .usage("several methods have the name \"\(name)\": \(names); give the full name")
    }
    guard method.method.kind == .unary else {
      throw .usage("\(method.method) streams; only unary methods can be loaded")
    }
    return method
  }

  private static func candidates(_ name: String) -> [ContractMethod] {
    let dotted = String(name.map { $0 == "/" ? "." : $0 })
    return Contract.services.flatMap(\.methods).filter {
      "\($0.method.service).\($0.method.name)".hasSuffix("." + dotted)
    }
  }

  private static var unary: [Method] {
    Contract.services.flatMap(\.methods).map(\.method).filter { $0.kind == .unary }
  }

  private static func lastPart(_ name: String) -> Substring {
    name.split { $0 == "/" || $0 == "." }.last ?? ""
  }
}
