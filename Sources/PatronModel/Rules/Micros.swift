/// An instant: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
package typealias Micros = Int64
