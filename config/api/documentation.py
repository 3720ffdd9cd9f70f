"""API documentation page: Swagger UI over the OpenAPI description that `make schema` generates."""

from django.views.generic import TemplateView


class ApiDocumentation(TemplateView):
    """Shows the description, with examples, and sends requests for whoever is signed in or has a token."""

    template_name = "config/api_documentation.html"
