// Violations: what a struct's own rules have against its values, each at its place.
//
// The rules stand in a function beside the struct, which is found by argument lookup and asked when all members fit
// their types:
//
//     void validate(const Booking& booking, Violations& wrong) {
//       if (booking.until <= booking.from) wrong.add(booking.until, "must be after from");
//       for (const Guest& guest : booking.guests) {
//         if (guest.age < 18) wrong.add(guest, "must be of age", "minor");
//       }
//     }
//
// Where an argument lies says its pointer, "/until" and "/guests/2": no name is written twice, and each is the one that
// clients know. A single rule may be `Result<void> validate(const Booking&)`, whose error is told of the whole.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/reflect/table_inl.h>

namespace rondeau::reflect {

/// One thing that is wrong. For clients: holds no value, since that may be a secret.
struct Violation {
  std::string pointer;  ///< RFC 6901, from the struct on; "" for the whole
  std::string code;     ///< for programs
  std::string message;  ///< for people: "must be after from"

  bool operator==(const Violation&) const = default;
};

/// What validate() fills. Lifetime: that of the call.
class Violations {
 public:
  static constexpr std::string_view kCode = "invalid";
  static constexpr std::size_t kMost = 32;

  /// Those beyond `most`, which is at least 1, are dropped.
  explicit Violations(std::size_t most = kMost) : most_(most == 0 ? 1 : most) {}

  /// Of `part`: the struct, one of its members, or what is in them – in an optional, a list, a map – at any depth. A
  /// reference into the struct: a copy lies elsewhere, and is told of the whole.
  template <class T>
  void add(const T& part, std::string message, std::string_view code = kCode) {
    add_part(std::addressof(part), signature<T>(), std::move(message), code);
  }
  /// Of what an RFC 6901 pointer from the struct on names, "/guests/2" or "": for parts that have no address, such as a
  /// member that is missing.
  void add_at(std::string_view pointer, std::string message, std::string_view code = kCode);

  bool empty() const noexcept { return entries_.empty(); }
  /// Nothing more is kept.
  bool full() const noexcept { return entries_.size() >= most_; }

  /// All of them in the order they were added. `object` is the struct that validate() was asked about.
  std::vector<Violation> take(const Descriptor& type, const void* object) &&;

 private:
  struct Part {
    const void* address;
    std::string_view signature;
    std::size_t entry;
  };
  void add_part(const void* address, std::string_view signature, std::string message, std::string_view code);

  std::size_t most_;
  std::vector<Violation> entries_;
  std::vector<Part> parts_;  // whose pointers are not known yet
};

/// What the validate() of a value's structs say, inner ones first; a struct with something wrong inside is not asked.
/// What goes through JsonFor<T> is asked as its form.
std::vector<Violation> find_violations(const Descriptor& type, const void* value, std::size_t most = Violations::kMost);

}  // namespace rondeau::reflect

namespace rondeau {
using reflect::Violations;
}  // namespace rondeau
