// What a type looks like from outside: one constant table per type, walked by ordinary functions.
//
// JSON, schemas, SQL rows and configuration do not generate code per type; they take a Descriptor and an address.
// Descriptors are constants with static lifetime, safe to read from any thread. `describe<T>()` (describe.h) gives
// them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <rondeau/reflect/naming.h>

namespace rondeau::reflect {

enum class Kind : std::uint8_t {
  Null,       ///< std::monostate
  Bool,       ///< bool
  Signed,     ///< signed integers; Descriptor::size tells which
  Unsigned,   ///< unsigned integers
  Floating,   ///< float, double
  String,     ///< std::string
  Text,       ///< written as text: durations, time points, std::vector<std::byte>; TextDescriptor
  Enum,       ///< EnumDescriptor
  Struct,     ///< StructDescriptor
  Sequence,   ///< vector, deque, list, set, unordered_set; SequenceDescriptor
  Tuple,      ///< std::array, pair, tuple; TupleDescriptor
  Map,        ///< map, unordered_map; MapDescriptor
  Optional,   ///< optional, unique_ptr, shared_ptr, Nullable, Patch; OptionalDescriptor
  Checked,    ///< a value with rules; CheckedDescriptor
  Converted,  ///< a type that goes through JsonFor<T>; ConvertedDescriptor
  Variant,    ///< Tagged, std::variant; VariantDescriptor
  Document,   ///< nlohmann::json
};

class Violations;

/// The common head of all tables. `kind` says which of the structs below it is; `as<StructDescriptor>(d)` goes down.
struct Descriptor {
  Kind kind = Kind::Null;
  bool secret = false;         ///< never to be printed or logged
  std::uint32_t size = 0;      ///< sizeof(T)
  std::string_view signature;  ///< the compiler's spelling of the type; see type_name()
};

/// The table behind `descriptor`; the caller has looked at its kind.
template <class Table>
const Table& as(const Descriptor& descriptor) {
  return static_cast<const Table&>(descriptor);
}

/// The type's name without namespaces: "NewUser", "Page<Item>".
std::string_view type_name(const Descriptor& descriptor);

struct Field {
  std::string_view name;  ///< as others see it, after naming rule and rename
  std::string_view key;   ///< `,"name":`, ready to be written
  const Descriptor* type = nullptr;
};

struct StructDescriptor : Descriptor {
  static constexpr std::size_t kMaxFields = 64;

  std::span<const Field> fields;
  /// Writes the address of every member of `object` into `out`, in the order of `fields`.
  void (*addresses)(const void* object, const void** out) = nullptr;
  /// `new (storage) T`: members without an initialiser stay as they were. Used to learn which have one.
  void (*construct)(void* storage) = nullptr;
  void (*destroy)(void* object) = nullptr;
  /// The type's own validate(), found by argument lookup; null when there is none. See violations.h.
  void (*validate)(const void* object, Violations& wrong) = nullptr;
  std::uint32_t alignment = 0;
  bool deny_unknown = false;
  std::span<const Doc> docs;  ///< of each field in the order of `fields`, then of the struct itself; or empty
  /// Cache of may_be_absent(), which alone reads and writes it: a bit per field, valid once `defaulted_known` is seen.
  std::atomic<std::uint64_t>* defaulted = nullptr;
  std::atomic<bool>* defaulted_known = nullptr;
};

/// Stops when it returns false, and so does the function that took it.
using Visit = bool (*)(void* state, const void* element);
using VisitEntry = bool (*)(void* state, std::string_view key, const void* value);

struct SequenceDescriptor : Descriptor {
  const Descriptor* element = nullptr;
  bool unique = false;  ///< a set: equal elements are one
  std::size_t (*count)(const void* container) = nullptr;
  bool (*for_each)(const void* container, void* state, Visit visit) = nullptr;
  void (*clear)(void* container) = nullptr;
  /// A slot for one more element; valid until the next change of the container.
  void* (*append)(void* container) = nullptr;
  /// Containers that hand out a slot outside of themselves (sets) take it in here and free it; null: nothing to do.
  void (*commit)(void* container, void* slot) = nullptr;
  void (*discard)(void* slot) = nullptr;
};

struct TupleDescriptor : Descriptor {
  std::size_t count = 0;
  std::span<const Descriptor* const> elements;  ///< one entry when all are of one type (std::array)
  const void* (*element)(const void* tuple, std::size_t index) = nullptr;

  const Descriptor& element_type(std::size_t index) const { return *elements[elements.size() == 1 ? 0 : index]; }
};

enum class Emplaced : std::uint8_t { Yes, Duplicate, UnknownKey };

struct MapDescriptor : Descriptor {
  const Descriptor* key = nullptr;  ///< of kind String or Enum
  const Descriptor* value = nullptr;
  std::size_t (*count)(const void* map) = nullptr;
  bool (*for_each)(const void* map, void* state, VisitEntry visit) = nullptr;
  void (*clear)(void* map) = nullptr;
  /// The slot for a new key, or null and the reason.
  void* (*emplace)(void* map, std::string_view key, Emplaced& outcome) = nullptr;
};

enum class Presence : std::uint8_t { Absent, Null, Value };

struct OptionalDescriptor : Descriptor {
  const Descriptor* inner = nullptr;
  bool may_be_absent = false;
  bool may_be_null = false;
  Presence (*presence)(const void* optional) = nullptr;
  const void* (*get)(const void* optional) = nullptr;  ///< only when presence() is Value
  void* (*emplace)(void* optional) = nullptr;
  void (*set_null)(void* optional) = nullptr;
};

/// An integer bound of any sign and size.
struct Bound {
  bool negative = false;
  std::uint64_t magnitude = 0;
};

struct Rule {
  enum class Kind : std::uint8_t {
    Minimum,
    Maximum,
    MultipleOf,
    MinLength,
    MaxLength,
    Pattern,
    MinItems,
    MaxItems,
    UniqueItems,
    Default,  ///< not checked: the value of an absent member
    Own,      ///< a rule of the application; `text` says what is expected
  };
  Kind kind = Kind::Own;
  Bound bound;            ///< of all kinds that compare with a number
  std::string_view text;  ///< the pattern, a default text, or what an own rule expects
  bool (*holds)(const void* value) = nullptr;
};

/// A value with rules. Its address is the address of the plain value, of type `inner`.
struct CheckedDescriptor : Descriptor {
  const Descriptor* inner = nullptr;
  std::span<const Rule> rules;
  bool has_default = false;
};

/// A type that is another one, its form, in JSON.
struct ConvertedDescriptor : Descriptor {
  const Descriptor* inner = nullptr;  ///< the form
  std::string_view format;            ///< of JSON Schema, where the form is a text that has one
  void* (*blank)() = nullptr;
  void* (*form_of)(const void* value) = nullptr;
  /// Makes the value from its form; false fills `why`.
  bool (*assign)(void* value, void* form, std::string& why) = nullptr;
  void (*destroy)(void* form) = nullptr;
};

struct Alternative {
  std::string_view name;  ///< the tag's value
  const Descriptor* type = nullptr;
};

struct VariantDescriptor : Descriptor {
  std::string_view tag;  ///< the member that tells; empty: the JSON kind tells
  std::span<const Alternative> alternatives;
  std::size_t (*index)(const void* variant) = nullptr;
  const void* (*get)(const void* variant) = nullptr;
  void* (*emplace)(void* variant, std::size_t index) = nullptr;
};

struct Enumerator {
  std::int64_t value = 0;
  std::string_view name;
};

struct EnumDescriptor : Descriptor {
  std::span<const Enumerator> enumerators;
  std::int64_t (*load)(const void* value) = nullptr;
  void (*store)(void* value, std::int64_t number) = nullptr;
};

struct TextDescriptor : Descriptor {
  std::string_view format;                                       ///< "duration", "date-time", "byte"
  std::string_view expected;                                     ///< `a duration such as "1.5s"`
  bool (*write)(const void* value, std::string& out) = nullptr;  ///< false: it has no such text
  bool (*read)(void* value, std::string_view text) = nullptr;
};

/// Whether field `index` may be missing from input: it is optional, a Default, or has a default member initialiser.
///
/// An initialiser that gives a class its empty value (`std::string s = "";`, `std::vector<int> v{};`) cannot be told
/// from none, and such a member is required; say Default or std::optional. A member that is a struct may be absent
/// when all its members may. Thread safety: any thread.
bool may_be_absent(const StructDescriptor& type, std::size_t index);

}  // namespace rondeau::reflect
