"""Orders documents by how well they answer a query."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return the documents, most relevant first, each with its place among those given."""
    documents = [{"text": each} if isinstance(each, str) else each for each in input["documents"]]
    found = context.pinecone.inference.rerank(
        model=input["model"],
        query=input["query"],
        documents=documents,
        rank_fields=input["rank_fields"],
        top_n=input.get("top_n"),
        return_documents=False,
    )
    results = [
        {"index": each.index, "score": each.score, "document": input["documents"][each.index]}
        for each in found.data
    ]
    return {"results": results, "rerank_units": found.usage.rerank_units}
