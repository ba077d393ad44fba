/// The address of a constant with static storage, such as a descriptor of a message.
///
/// `@unchecked Sendable`: nothing writes to the constant, and it lives as long as the process.
struct StaticConstant<Value>: @unchecked Sendable, Hashable {
  let pointer: UnsafePointer<Value>
}
