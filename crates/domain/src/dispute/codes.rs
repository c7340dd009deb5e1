//! Code tables of disputes. \[P\] unless a law is named.

use crate::codes::code_table;

code_table! {
    /// 纠纷类型: what a dispute is about. Rows of the monthly report.
    DisputeType {
        Family = "family", "婚姻家庭";
        Inheritance = "inheritance", "继承";
        Neighbours = "neighbours", "邻里";
        Homestead = "homestead", "房屋宅基地";
        Contract = "contract", "合同";
        Business = "business", "生产经营";
        Damage = "damage", "损害赔偿";
        Land = "land", "山林土地承包";
        Expropriation = "expropriation", "征地拆迁";
        Labour = "labour", "劳动争议";
        Village = "village", "村务管理";
        Environment = "environment", "环境保护";
        Traffic = "traffic", "道路交通事故";
        Medical = "medical", "医疗";
        Property = "property", "物业";
        Consumer = "consumer", "消费";
        Loan = "loan", "金融借贷";
        Campus = "campus", "校园";
        Other = "other", "其他";
    }
}

code_table! {
    /// 来源: how a dispute came to be known.
    Source {
        Screening = "screening", "排查发现";
        Application = "application", "当事人申请";
        Active = "active", "主动调解";
        Police = "police", "公安移交";
        Court = "court", "法院委托";
        Department = "department", "部门交办";
    }
}

code_table! {
    /// 规模.
    Size {
        Individual = "01", "个体性";
        Group = "02", "一般群体性";
        LargeGroup = "03", "重大群体性";
    }
}

code_table! {
    /// 预警色 of a dispute: chosen by a person, with the reason. Never of a person.
    Colour {
        Blue = "blue", "蓝 · 隐患类";
        Yellow = "yellow", "黄 · 一般类";
        Orange = "orange", "橙 · 可能激化";
        Red = "red", "红 · 重大或跨部门";
    }
}

code_table! {
    /// Why a mediation ended without an agreement (人民调解法 26; ministry rules).
    EndReason {
        Withdrawn = "withdrawn", "当事人撤回申请";
        Refused = "refused", "一方明确拒绝调解";
        Concealed = "concealed", "隐瞒或提供虚假情况";
        Collusion = "collusion", "恶意串通";
        Elsewhere = "elsewhere", "转其他途径";
        NoAgreement = "no_agreement", "未达成协议";
        Other = "other", "其他";
    }
}

code_table! {
    /// 当事人的地位.
    Side {
        Applicant = "applicant", "申请人";
        Respondent = "respondent", "被申请人";
        Third = "third", "第三人";
    }
}

code_table! {
    /// Whether a party agrees to mediation (人民调解法 17): it is voluntary, and a clear refusal ends it.
    Consent {
        Agreed = "agreed", "同意调解";
        Refused = "refused", "明确拒绝调解";
    }
}

code_table! {
    /// The purposes of a meeting in a dispute.
    Sitting {
        Mediation = "mediation", "调解";
        Inquiry = "inquiry", "调查";
    }
}

code_table! {
    /// 协议形式 (人民调解法 28).
    Form {
        Written = "written", "书面协议";
        Oral = "oral", "口头协议";
    }
}

code_table! {
    /// How far an agreement was kept, as a follow-up finds.
    Performance {
        Full = "full", "已全部履行";
        Part = "part", "部分履行";
        None = "none", "未履行";
    }
}

code_table! {
    /// How a document was signed.
    Mark {
        Signature = "signature", "签名";
        Thumb = "thumb", "按指印";
    }
}
