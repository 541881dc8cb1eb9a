#include <rondeau/sql/row.h>

#include <exception>
#include <numeric>

namespace rondeau::sql {
namespace {

std::string type_of(const FieldShape& field) {
  return std::string(reflect::name_in_signature(field.cpp_type));
}

std::string type_of(const Column& column) {
  std::string name(column.type_name.empty() ? to_string(column.type) : column.type_name);
  if (column.type == Type::Array && column.type_name.empty()) name = std::string(to_string(column.element)) + "[]";
  return name;
}

std::string names_of(std::span<const Column> columns) {
  std::string names;
  for (const Column& column : columns) {
    if (names.size() > 200) return names + " …";
    names += (names.empty() ? "" : ", ") + std::string(column.name);
  }
  return names.empty() ? "no columns" : names;
}

Error error_of(ErrorKind kind, std::string message, std::string_view column = {}) {
  return Error(kind, {.message = std::move(message),
                      .phase = Phase::Statement,
                      .sent = Sent::Yes,
                      .column = std::string(column)});
}

}  // namespace

const std::vector<std::size_t>* PlanSlot::find(const void* shape) const noexcept {
  for (const auto& [known, plan] : plans_) {
    if (known == shape) return plan.get();
  }
  return nullptr;
}

const std::vector<std::size_t>& PlanSlot::keep(const void* shape, std::vector<std::size_t> columns) {
  return *plans_.emplace_back(shape, std::make_unique<std::vector<std::size_t>>(std::move(columns))).second;
}

Result<void, Error> ShapedSink::begin(std::span<const Column> columns, PlanSlot& plans) {
  restart();
  count_ = 0;
  if (const auto* known = plans.find(&shape_)) {
    plan_ = known;
    return {};
  }
  auto matched = match(columns);
  if (!matched) return std::move(matched).error();
  plan_ = &plans.keep(&shape_, *std::move(matched));
  return {};
}

Result<std::vector<std::size_t>, Error> ShapedSink::match(std::span<const Column> columns) const {
  const std::string_view row = reflect::name_in_signature(shape_.cpp_type);
  std::vector<std::size_t> plan(shape_.fields.size());
  if (shape_.match == RowShape::Match::ByName) {
    for (std::size_t i = 0; i < plan.size(); ++i) {
      auto found = find(shape_.fields[i], columns);
      if (!found) return std::move(found).error();
      plan[i] = *found;
    }
  } else {
    if (columns.size() != plan.size()) {
      return error_of(ErrorKind::ColumnMissing, std::string(row) + " is made of " + std::to_string(plan.size()) +
                                                    " columns, the result has " + std::to_string(columns.size()) +
                                                    ": " + names_of(columns));
    }
    std::iota(plan.begin(), plan.end(), std::size_t{0});
  }
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const FieldShape& field = shape_.fields[i];
    const Column& column = columns[plan[i]];
    if (field.accepts(column.type, column.element)) continue;
    return error_of(ErrorKind::TypeMismatch,
                    std::string(row) + (field.name.empty() ? "" : "." + std::string(field.name)) + " (" + type_of(field) +
                        ") does not take column " + std::string(column.name) + " of type " + type_of(column),
                    column.name);
  }
  return plan;
}

Result<std::size_t, Error> ShapedSink::find(const FieldShape& field, std::span<const Column> columns) const {
  std::size_t found = columns.size();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name != field.name) continue;
    if (found != columns.size()) {
      return error_of(ErrorKind::ColumnMissing, "the result has more than one column " + std::string(field.name) +
                                                    ": name them apart with \"as\"",
                      field.name);
    }
    found = i;
  }
  if (found == columns.size()) {
    return error_of(ErrorKind::ColumnMissing, std::string(reflect::name_in_signature(shape_.cpp_type)) + '.' +
                                                  std::string(field.name) + " (" + type_of(field) +
                                                  ") has no column; the result has " + names_of(columns),
                    field.name);
  }
  return found;
}

Error ShapedSink::misfit_of(std::size_t field, const Misfit& misfit) const {
  const FieldShape& shape = shape_.fields[field];
  std::string where(reflect::name_in_signature(shape_.cpp_type));
  if (!shape.name.empty()) {
    where += '.' + std::string(shape.name) + " (" + type_of(shape) + ')';
  } else if (shape_.match == RowShape::Match::ByPosition) {
    where += ", column " + std::to_string(field + 1) + " (" + type_of(shape) + ')';
  }
  return error_of(misfit.kind, where + ": " + misfit.why, shape.name);
}

Result<Flow, Error> ShapedSink::row(std::span<const Cell> cells) {
  if (count_ == most_) return error_of(ErrorKind::TooManyRows, "the result has more than one row");
  ++count_;
#if defined(__clang__)
  [[clang::uninitialized]]  // clearing all of them would cost more than a small row
#endif
  std::array<void*, kMaxFields> fields;
  shape_.addresses(add(), fields.data());
  Misfit misfit;
  for (std::size_t i = 0; i < shape_.fields.size(); ++i) {
    const Cell& cell = cells[(*plan_)[i]];
    const FieldShape& field = shape_.fields[i];
    if (cell.is_null() && !field.nullable) {
      misfit.because(ErrorKind::NullValue, "the value is NULL; a std::optional would take it");
      return misfit_of(i, misfit);
    }
    if (!field.decode(cell, fields[i], misfit)) return misfit_of(i, misfit);
  }
  return Flow::More;
}

Result<Flow, Error> RowSink::take(std::span<const Cell> cells) {
  std::string what = "no std::exception";
  try {
    return row(cells);
  } catch (const std::exception& thrown) {
    what = thrown.what();
  } catch (...) {
  }
  return Error(ErrorKind::Decode, {.message = "reading a row threw an exception: " + what,
                                   .phase = Phase::Statement,
                                   .sent = Sent::Yes});
}

}  // namespace rondeau::sql
