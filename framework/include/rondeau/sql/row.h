// Rows as structs: columns go to members of the same name.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/reflect/describe.h>
#include <rondeau/reflect/members.h>
#include <rondeau/sql/backend.h>
#include <rondeau/sql/codec.h>
#include <rondeau/sql/error.h>

namespace rondeau::sql {

/// A member of a row, or its only value.
struct FieldShape {
  std::string_view name;      ///< empty: by position
  std::string_view cpp_type;  ///< the compiler's spelling
  Type type = Type::Null;
  Type element = Type::Null;
  bool nullable = false;
  bool (*accepts)(Type column, Type element) = nullptr;
  bool (*decode)(const Cell& cell, void* field, Misfit& misfit) = nullptr;
};

/// A type of rows: one constant for each.
struct RowShape {
  enum class Match { ByName, ByPosition, Single };

  std::string_view cpp_type;
  Match match = Match::ByName;
  std::span<const FieldShape> fields;
  /// Writes the address of every field of `row` to `out`.
  void (*addresses)(void* row, void** out) = nullptr;
};
inline constexpr std::size_t kMaxFields = 64;

template <class T>
constexpr FieldShape field_shape(std::string_view name) {
  static_assert(Decodable<T>,
                "rondeau: this member of a row has no column type; see sql/codec.h, or specialise sql::SqlFor<T>");
  if constexpr (Decodable<T>) {
    return {name,
            reflect::signature<T>(),
            Codec<T>::type,
            Codec<T>::element,
            Codec<T>::nullable,
            [](Type column, Type element) { return Codec<T>::accepts(column, element); },
            [](const Cell& cell, void* field, Misfit& misfit) {
              return Codec<T>::decode(cell, *static_cast<T*>(field), misfit);
            }};
  } else {
    return {};
  }
}

constexpr std::string_view column_name(std::string_view member) {
  while (member.size() > 1 && member.ends_with('_')) member.remove_suffix(1);
  return member;
}

/// The shape of a T that is a value itself, as in `scalar<int>(…)`.
template <class T>
struct SingleRow {
  using Value = T;
  static constexpr std::array<FieldShape, 1> fields{field_shape<T>({})};
  static void addresses(void* row, void** out) { out[0] = row; }
  static constexpr RowShape shape{reflect::signature<T>(), RowShape::Match::Single, fields, addresses};
};

/// The shape of a struct.
template <class T, RowShape::Match Match>
struct StructRow {
  static_assert(std::is_class_v<T> && (std::is_aggregate_v<T> || reflect::HasFieldList<T>),
                "rondeau: a row is a plain struct, a std::tuple, or a type with a column of its own (sql/codec.h)");
  static_assert(reflect::obstacle<T>() == reflect::Obstacle::None,
                "rondeau: this struct cannot be a row: no base classes, references, C arrays or more than 64 members");
  using Value = T;

  template <class... M>
  static consteval auto make_fields(reflect::Members<M...>*) {
    constexpr auto names = reflect::member_names<T>();
    std::array<FieldShape, sizeof...(M)> all{};
    std::size_t at = 0;
    ((all[at] = field_shape<M>(column_name(names[at])), ++at), ...);
    return all;
  }
  static constexpr auto fields = make_fields(static_cast<reflect::MembersOf<T>*>(nullptr));
  static void addresses(void* row, void** out) {
    const auto members = reflect::members_of(*static_cast<const T*>(row));
    for (std::size_t i = 0; i < fields.size(); ++i) out[i] = const_cast<void*>(members.at[i]);
  }
  static constexpr RowShape shape{reflect::signature<T>(), Match, fields, addresses};
};

template <class T>
struct RowOf : StructRow<T, RowShape::Match::ByName> {};
template <Decodable T>
struct RowOf<T> : SingleRow<T> {};
template <class T>
struct RowOf<ByPosition<T>> : StructRow<T, RowShape::Match::ByPosition> {};
template <class... T>
struct RowOf<std::tuple<T...>> {
  using Value = std::tuple<T...>;
  static constexpr std::array<FieldShape, sizeof...(T)> fields{field_shape<T>({})...};
  static void addresses(void* row, void** out) {
    std::apply([out](auto&... field) mutable { ((*out++ = &field), ...); }, *static_cast<Value*>(row));
  }
  static constexpr RowShape shape{reflect::signature<Value>(), RowShape::Match::ByPosition, fields, addresses};
};

/// What `all<T>` gives a vector of.
template <class T>
using RowValue = typename RowOf<T>::Value;

/// Turns rows into objects of a shape: the column of each field is found once, its type is looked at once.
class ShapedSink : public RowSink {
 public:
  Result<void, Error> begin(std::span<const Column> columns, PlanSlot& plans) final;
  Result<Flow, Error> row(std::span<const Cell> cells) final;

 protected:
  /// At most `most` rows are good, one more is an error of kind TooManyRows.
  ShapedSink(const RowShape& shape, std::size_t most) noexcept : shape_(shape), most_(most) {}

 private:
  virtual void restart() = 0;
  virtual void* add() = 0;

  Result<std::vector<std::size_t>, Error> match(std::span<const Column> columns) const;
  Result<std::size_t, Error> find(const FieldShape& field, std::span<const Column> columns) const;
  Error misfit_of(std::size_t field, const Misfit& misfit) const;

  const RowShape& shape_;
  const std::size_t most_;
  std::size_t count_ = 0;
  const std::vector<std::size_t>* plan_ = nullptr;  // of each field, its column
};

/// Keeps the only row; a second one is an error of kind TooManyRows.
template <class T>
class OneRowSink final : public ShapedSink {
 public:
  using Value = RowValue<T>;
  static_assert(std::default_initializable<Value>, "rondeau: a row is default-constructible");

  OneRowSink() noexcept : ShapedSink(RowOf<T>::shape, 1) {}
  std::optional<Value> take() && { return std::move(row_); }

 private:
  void restart() override { row_.reset(); }
  void* add() override { return &row_.emplace(); }

  std::optional<Value> row_;
};

/// Collects rows of T.
template <class T>
class RowsSink final : public ShapedSink {
 public:
  using Value = RowValue<T>;
  static_assert(std::default_initializable<Value>, "rondeau: a row is default-constructible");

  RowsSink() noexcept : ShapedSink(RowOf<T>::shape, static_cast<std::size_t>(-1)) {}
  std::vector<Value> take() && {
    if constexpr (std::same_as<Value, bool>) {
      return std::vector<bool>(rows_.begin(), rows_.end());
    } else {
      return std::move(rows_);
    }
  }

 private:
  void restart() override { rows_.clear(); }
  void* add() override { return &rows_.emplace_back(); }

  std::conditional_t<std::same_as<Value, bool>, std::deque<bool>, std::vector<Value>> rows_;  // bits have no address
};

}  // namespace rondeau::sql
