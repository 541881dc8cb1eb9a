// Either<A, B>: one of two ways to say the same.
#pragma once

#include <memory>
#include <utility>
#include <variant>

#include <rondeau/extract/extractor.h>
#include <rondeau/schema/operation.h>

namespace rondeau::extract {

/// The first of A and B that takes the request: `Either<Json<NewUser>, Form<NewUser>>`.
///
/// One that refuses the content type (415) or finds nothing (absent) gives way to the next. Anything else that is wrong is
/// the answer: a body that says it is JSON is not read as a form. Where all give way, the last one's rejection is it, and
/// of them one of the content type. A and B may both read the body whole; they do not stream it.
template <class A, class B>
struct Either {
  std::variant<A, B> value;

  bool is_first() const noexcept { return value.index() == 0; }
  /// `either.match([](Json<T>& json) { … }, [](Form<T>& form) { … })`; both give the same type.
  template <class F, class G>
  decltype(auto) match(F first, G second) {
    return is_first() ? first(std::get<0>(value)) : second(std::get<1>(value));
  }
};

/// Whether something is waited for before T can be made.
template <class T>
consteval bool waits() {
  if constexpr (requires { Extract<Unwrapped<T>>::waits; }) {
    return Extract<Unwrapped<T>>::waits;
  } else {
    return false;
  }
}

bool gives_way(const Rejection& rejection) noexcept;
/// Which of two rejections is told.
void keep_weightier(Rejection& last, Rejection first) noexcept;

template <class T>
void describe_part(schema::Operation& operation) {
  if constexpr (requires { Extract<Unwrapped<T>>::describe(operation); }) {
    schema::Operation part;
    Extract<Unwrapped<T>>::describe(part);
    const auto wrapped = part.body ? schema::Wrapped::Plain : schema::Wrapped::Optional;
    operation.merge(std::move(part), wrapped);
  }
}

template <class A, class B>
struct EitherParts {
  static constexpr bool reads_body = extract::reads_body<A>() || extract::reads_body<B>();
  /// No parameter is required, since the other may be there; of bodies the content types are alternatives.
  static void describe(schema::Operation& operation) {
    describe_part<A>(operation);
    describe_part<B>(operation);
  }

  template <class App>
  static bool run(Context& context, Either<A, B>* slot, Rejection& rejection) {
    return take<App, 0, A>(context, slot, rejection) || take_second<App>(context, slot, rejection);
  }

 private:
  template <class App>
  static bool take_second(Context& context, Either<A, B>* slot, Rejection& rejection) {
    if (!gives_way(rejection)) return false;
    Rejection first = std::exchange(rejection, Rejection());
    if (take<App, 1, B>(context, slot, rejection)) return true;
    if (gives_way(rejection)) keep_weightier(rejection, std::move(first));
    return false;
  }
  template <class App, std::size_t I, class T>
  static bool take(Context& context, Either<A, B>* slot, Rejection& rejection) {
    Room<T> room;
    if (!Extraction<App, T>::run(context, &room.value, rejection)) return false;
    std::construct_at(slot, Either<A, B>{std::variant<A, B>(std::in_place_index<I>, std::move(room.value))});
    std::destroy_at(&room.value);
    return true;
  }
};

template <class A, class B, bool NeedsState>
struct EitherExtract : EitherParts<A, B> {
  static bool extract(Context& context, Either<A, B>* slot, Rejection& rejection) {
    return EitherParts<A, B>::template run<void>(context, slot, rejection);
  }
};
template <class A, class B>
struct EitherExtract<A, B, true> : EitherParts<A, B> {
  static constexpr bool kNeedsState = true;
  template <class App, class T>
  static consteval bool part_fits() {
    if constexpr (StatefulExtractor<T>) {
      return Extract<T>::template fits<App>;
    } else {
      return true;
    }
  }
  template <class App>
  static constexpr bool fits = part_fits<App, A>() && part_fits<App, B>();
  template <class App>
  static bool extract(Context& context, App&, Either<A, B>* slot, Rejection& rejection) {
    return EitherParts<A, B>::template run<App>(context, slot, rejection);
  }
};

}  // namespace rondeau::extract

namespace rondeau {

using extract::Either;

template <class A, class B>
  requires extract::Extractor<A> && extract::Extractor<B>
struct Extract<Either<A, B>>
    : extract::EitherExtract<A, B, extract::StatefulExtractor<A> || extract::StatefulExtractor<B>> {
  static_assert(!extract::streams_body<A>() && !extract::streams_body<B>(),
                "rondeau: an Either<A, B> does not stream the body; take BodyStream, and judge by the content type");
  static_assert(!extract::waits<A>() && !extract::waits<B>(),
                "rondeau: an Either<A, B> is made at once; a Depends<f> that waits stands outside of it");
};

}  // namespace rondeau
