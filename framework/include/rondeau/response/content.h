// Content<T>, ranged: bodies of which clients may ask for parts (RFC 9110 §14), and that they may have already.
#pragma once

#include <utility>

#include <rondeau/http/request.h>
#include <rondeau/http/response.h>
#include <rondeau/response/conditional.h>
#include <rondeau/response/into_response.h>

namespace rondeau::response {

/// Makes a 206 or 416 of a 200 to GET or HEAD where the request's Range and If-Range say so, and says Accept-Ranges.
///
/// For bodies in memory and those whose producer can seek; others stay as they are. One range is sent as it is, several
/// as multipart/byteranges. What is ignored: see http::parse_byte_ranges(); at most Limits::max_ranges.
http::Response ranged(const http::Request& request, http::Response response);
/// What that adds to an operation.
void describe_ranged(schema::Operation& operation);

/// T with what is known of its state: clients get 304 where they have it, and parts where they ask for parts.
///
///     Content<Bytes> video(State<App> app) { return {app->video, etag(app->version)}; }
template <class T>
struct Content {
  T value;
  Validators validators = {};
};
template <class T>
Content(T) -> Content<T>;
template <class T>
Content(T, Validators) -> Content<T>;

}  // namespace rondeau::response

namespace rondeau {

using response::Content;

template <response::Responder T>
struct IntoResponse<Content<T>> {
  static http::Response into(Content<T> content, const http::Request& request) {
    http::Response whole = content.validators.apply(IntoResponse<T>::into(std::move(content.value), request));
    return response::ranged(request, response::conditional(request, std::move(whole)));
  }
  static void describe(schema::Operation& operation) {
    response::describe_result<T>(operation);
    response::describe_ranged(operation);
  }
};

}  // namespace rondeau
