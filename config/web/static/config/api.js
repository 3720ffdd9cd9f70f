"use strict";

const api = document.getElementById("api");
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);

dark.addEventListener("change", follow);
follow();

// Only the operations are in a landmark of their own.
const inLandmark = (label) => (Content, { React }) => (properties) =>
    React.createElement("section", { "aria-label": label }, React.createElement(Content, properties));

SwaggerUIBundle({
    domNode: api,
    url: api.dataset.description,
    defaultModelsExpandDepth: -1,
    plugins: [() => ({ wrapComponents: { InfoContainer: inLandmark("About this API") } })],
    validatorUrl: null, // or the description is sent to validator.swagger.io
    requestInterceptor: (request) => {
        if (!["GET", "HEAD"].includes(request.method ?? "GET")) {
            request.headers["X-CSRFToken"] = api.dataset.csrfToken;
        }
        return request;
    },
});
